#!/bin/bash
# Check the evidence of a disaster-recovery drill with bash, coreutils, findutils, grep, sed, awk, jq,
# openssl and ssh-keygen alone:
#
#   verify.sh BUNDLE [--signers FILE] [--register FILE] [--head HEX] [--run ID] [--tsa-ca FILE] [--p256 FILE]
#
# Take this program, the signers file and the register from somewhere else than the bundle. VERIFY.md
# says what each check proves. Exit code: 0 everything holds, 1 something does not, 4 nothing is wrong,
# but nothing was given to check the signature or the register against (or nobody has signed).
set -u
export LC_ALL=C TZ=UTC
usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
[ $# -ge 1 ] && [ -d "$1" ] || usage
D=$1; shift
AS='' RG='' HEAD='' WANT='' CA='' PUB=''
while [ $# -gt 1 ]; do
  case $1 in
    --signers) AS=$(realpath -- "$2") ;; --register) RG=$(realpath -- "$2") ;;
    --tsa-ca) CA=$(realpath -- "$2") ;; --p256) PUB=$(realpath -- "$2") ;;
    --head) HEAD=$2 ;; --run) WANT=$2 ;; *) usage ;;
  esac
  shift 2
done
[ $# = 0 ] || usage
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
cd -- "$D" || exit 2
F=0 OPEN=0
T=SEAL.txt COPY='' # a redacted copy has a statement instead of a seal, and is never verified
[ -e REDACTED.txt ] && [ ! -e SEAL.txt ] && T=REDACTED.txt COPY=1
say() { local text=${3//[^[:print:]]/?}; printf '%s %2s %s\n' "$1" "$2" "${text:0:200}"; }
apart() { [ -n "$COPY" ] && case $1 in 4 | 5 | 6 | 15) return 1 ;; esac && [ -n "$COPY" ]; } # of a seal
ok() { apart "$1" || say 'ok  ' "$1" "$2"; }
no() { apart "$1" || { say FAIL "$1" "$2"; F=1; }; }
na() { apart "$1" && return; say '--  ' "$1" "$2"; case $1 in 1 | 12 | 13 | 14) OPEN=1 ;; esac; }
judge() { if [ "$1" = 0 ]; then ok "$2" "$3"; else no "$2" "not so: $3"; fi; }
s() { local h; h=$({ sha256sum <"$1"; } 2>/dev/null); echo "${h%% *}"; }
declare -A SAYS=() # what the seal says, by field
fields() { # FILE
  local line
  SAYS=()
  [ -f "$1" ] && while IFS= read -r line; do
    case ${line%%: *} in '' | *[!a-z_0-9]*) ;; *) SAYS[${line%%: *}]+=${line#*: } ;; esac
  done <"$1"
}
fields "$T"
js() { jq -r "$1" "$2" 2>/dev/null; }
hashes() { # of each line of a file, without its line end
  rm -rf "$W/l"; mkdir "$W/l"
  awk -v d="$W/l" '{ f = sprintf("%s/%09d", d, NR); printf "%s", $0 >f; close(f) }' "$1"
  (cd "$W/l" && find . -type f | sort | xargs -r sha256sum | cut -c1-64)
}
ended() { [ -s "$1" ] && [ -z "$(tail -c1 "$1" | tr '\0' x)" ]; } # its last line is whole
NAME='[A-Za-z0-9._@+=,:-]+(/[A-Za-z0-9._@+=,:-]+)*'
LIVE='journal\.db(-wal|-shm|-journal)?|owner\.lock|children/.*|samples/(stop|observer(-apart)?\.json)'
OWN='MANIFEST\.sha256|SEAL\.txt(\.sig|\.approval\.sig|\.tsr|\.p256\.sig)?|addenda/.*'
form() { # FILE HEAD FIELD...: exactly these lines, in this order, printable
  local file=$1 head=$2; shift 2
  ended "$file" && ! grep -q '[^ -~]' "$file" && [ "$(sed -n 1p "$file")" = "$head" ] || return 1
  [ "$(sed -n 's/^\([a-z_0-9]*\): ..*$/\1/p' "$file" | tr '\n' ' ')" = "$* " ] || return 1
  [ "$(wc -l <"$file")" = $(($# + 1)) ] || return 1
  ! grep -E '^[a-z_0-9]*_sha256: ' "$file" | grep -Evq '^[a-z_0-9]*: [0-9a-f]{64}$'
}
key() { # TEXT SIG NAMESPACE -> fingerprint of the key, if SIG is of TEXT and exactly what ssh-keygen writes
  { echo '-----BEGIN SSH SIGNATURE-----'; sed '1d;$d' "$2" | base64 -d 2>/dev/null | base64 -w70
    echo '-----END SSH SIGNATURE-----'; } | cmp -s - "$2" || return 1
  local good
  good=$(ssh-keygen -Y check-novalidate -n "$3" -s "$2" <"$1" 2>/dev/null) || return 1
  case $good in 'Good "'*' with ED25519 key SHA256:'*) echo "SHA256:${good##*SHA256:}" ;; *) return 1 ;; esac
}
signer() { # TEXT SIG NAMESPACE, after `key` -> who has signed; fails if nobody who may
  local at=${SAYS[sealed_at]-} id
  [ -n "$AS" ] || return 0
  at=${at:0:19}; at=${at//[!0-9]/}
  ssh-keygen -Y find-principals -s "$2" -f "$AS" "-Overify-time=$at" 2>/dev/null | tr , '\n' >"$W/who"
  while read -r id; do
    ssh-keygen -Y verify -f "$AS" -I "$id" -n "$3" -s "$2" "-Overify-time=$at" <"$1" >/dev/null 2>&1 &&
      { echo "$id"; return 0; }
  done <"$W/who"
  return 1
}
seal_form() {
  form SEAL.txt 'drill-evidence-seal v1' run_id run_no drill evidence status started ended overall \
    objectives plan_sha256 intent_sha256 manifest_sha256 events_count events_head_sha256 \
    replaces_sha256 register_prev_sha256 sealed_at sealed_with signed_by
}
signed() { # NUMBER TEXT SIG NAMESPACE WHAT [KEY IT MUST BE]
  local k who
  k=$(key "$2" "$3" "$4") && [ "${6:-$k}" = "$k" ] && who=$(signer "$2" "$3" "$4") || { no "$1" "$5 has no good signature"; return; }
  if [ -n "$AS" ]; then ok "$1" "$5 is signed by $who"; else na "$1" "$5 is signed; without a signers file by nobody"; fi
}

# 1, 2: signatures
BY=${SAYS[signed_by]-}
if ! seal_form; then no 1 'the seal is not of its form'
elif [ "$BY" = nobody ]; then
  if [ -e SEAL.txt.sig ] || [ -n "$AS" ]; then no 1 'the seal is not signed'; else na 1 'the seal is not signed'; fi
else signed 1 SEAL.txt SEAL.txt.sig drill-evidence@v1 'the seal' "$BY"; fi
if [ ! -e SEAL.txt.approval.sig ]; then na 2 'nobody has approved it'
elif [ "$(key SEAL.txt SEAL.txt.approval.sig drill-approval@v1)" = "$BY" ]; then no 2 'the approval was made with the key that sealed it'
else signed 2 SEAL.txt SEAL.txt.approval.sig drill-approval@v1 'the approval'; fi

# 3, 4, 5: files
[ -s MANIFEST.sha256 ] && [ "${SAYS[manifest_sha256]-}" = "$(s MANIFEST.sha256)" ]; judge $? 3 'the manifest is the sealed one'
cut -c67- MANIFEST.sha256 >"$W/names" 2>/dev/null
form4() {
  ended MANIFEST.sha256 || return 1
  grep -Evq "^[0-9a-f]{64}  $NAME\$" MANIFEST.sha256 && return 1
  grep -Eq '(^|/)\.\.?(/|$)' "$W/names" && return 1
  grep -Exq "$LIVE|$OWN" "$W/names" && return 1
  sort -uc "$W/names" 2>/dev/null && sha256sum -c --strict --quiet MANIFEST.sha256 >"$W/wrong" 2>/dev/null
}
form4; judge $? 4 "every listed file is as it was ($(wc -l <"$W/names"))$(sed 's/^/ /; s/: FAILED.*//' "$W/wrong" 2>/dev/null | tr -d '\n')"
find . -path './children/*' -prune -o -type f -print | sed 's,^\./,,' | grep -Evx "$LIVE|$OWN" | sort >"$W/there"
ODD=$(find . -path './children/*' -prune -o ! -type f ! -type d -print | sed 's,^\./,,' | grep -Evx "$LIVE")
EXTRA=$(comm -13 "$W/names" "$W/there" 2>/dev/null)$ODD
[ -z "$EXTRA" ]; judge $? 5 "nothing lies beside what is listed $(echo $EXTRA)"

# 6, 7, 8: the chain
N=$(wc -l <events.jsonl 2>/dev/null || echo x)
hashes events.jsonl >"$W/h" 2>/dev/null
IFS=$'\t' read -r RUN NO IDRILL ISIM IPLAN < <(js '[.run_id,.run_no,.drill,.simulated,.plan_sha256]|map(tostring)|@tsv' intent.json)
# One reading of the journal. P: of each event; C: where it was closed; D: what the closing names;
# N: what the creation says; A: anchors of samples.
jq -r '["P",.seq,.prev,.run,.v], (.data as $d
  | if .type=="run.closed" then ["C",.seq], ($d.digests|to_entries[]|["D",.value,.key])
    elif .type=="run.created" then ["N",$d.plan_sha256,$d.simulated,$d.drill]
    elif .type=="samples.anchored" then ["A",$d.file,$d.bytes,$d.sha256] else empty end) | @tsv' events.jsonl >"$W/ev" 2>/dev/null ||
  printf 'P\tbroken\n' >>"$W/ev"
told() { sed -n "s/^$1\t//p" "$W/ev"; }
told P >"$W/p"
{ s intent.json; sed '$d' "$W/h"; } | head -n "$((N))" | awk -v r="$RUN" '{ print NR "\t" $1 "\t" r "\t1" }' >"$W/e"
[ -e events.jsonl ] && { [ "$N" = 0 ] || ended events.jsonl; } && cmp -s "$W/p" "$W/e"; judge $? 6 "the chain of $N events is whole, from the intent on"
TIP=$(tail -n1 "$W/h"); [ "$N" = 0 ] && TIP=$(s intent.json)
CLOSED=$(told C | tr '\n' ' '); STATUS=${SAYS[status]-}
[ -n "$COPY" ] && { STATUS=incomplete; [ -e result.json ] && STATUS=complete; }
case $STATUS in complete) WHEN="$N " ;; *) WHEN='' ;; esac
[ "${SAYS[events_count]-}" = "$N" ] && [ "${SAYS[events_head_sha256]-}" = "$TIP" ] && [ "$CLOSED" = "$WHEN" ] &&
  { [ "$STATUS" = complete ] || [ "$STATUS" = incomplete ]; }
judge $? 7 "the chain ends where the seal says: $STATUS"
PLAN=$(s plan.json)
bound() {
  local n bytes want got
  [ "${SAYS[plan_sha256]-}" = "$PLAN" ] && [ "$IPLAN" = "$PLAN" ] || return 1
  [ "${SAYS[intent_sha256]-}" = "$(s intent.json)" ] || return 1
  told N | cut -f1 | grep -qvx "$PLAN" && return 1
  told A >"$W/a"
  while IFS=$'\t' read -r n bytes want; do
    grep -qxF -- "$n" "$W/names" && [ "$(stat -c %s -- "$n")" -ge "$bytes" ] || return 1
    got=$(head -c "$bytes" -- "$n" | sha256sum | cut -c1-64); [ "$got" = "$want" ] || return 1
  done <"$W/a"
  [ "$STATUS" = complete ] || return 0
  told D | sed 's/\t/  /' >"$W/d"
  grep -Ex 'samples/.*\.csv' "$W/names" >"$W/n"; echo result.json >>"$W/n"
  while read -r n; do grep -qxF -- "$(s "$n")  $n" "$W/d" || return 1; done <"$W/n"
  while read -r want n; do grep -qxF -- "$want  $n" MANIFEST.sha256 || return 1; done <"$W/d"
}
bound; judge $? 8 'plan, samples and result are bound into the chain'

# 9, 10, 11: one run
js '[.simulated,.drill,.run_id,.verdict,(.objectives|map(.id+"="+.verdict)|if .==[] then "none" else join(" ") end),.started,.ended],
  (.objectives[]|select(.metric!="phase")|[([.id,.verdict,(.achieved.lower_ms|tostring),(.achieved.upper_ms|tostring)]|join(" "))]) | @tsv' result.json >"$W/result"
one() {
  local sim=false
  case ${SAYS[evidence]-} in SIMULATED) sim=true ;; real) ;; *) return 1 ;; esac
  {
    printf '%s\t%s\t%s\t%s\n' "$ISIM" "$IDRILL" "$RUN" "$NO"
    js '[.simulated,.drill]|@tsv' plan.json | awk -v i="${SAYS[run_id]-}" -v n="${SAYS[run_no]-}" '{ print $0 "\t" i "\t" n }'
    told N | cut -f2,3 | awk -v i="${SAYS[run_id]-}" -v n="${SAYS[run_no]-}" '{ print $0 "\t" i "\t" n }'
    [ "$STATUS" = complete ] && sed -n 1p "$W/result" | cut -f1-3 | awk -v n="${SAYS[run_no]-}" '{ print $0 "\t" n }'
    [ -e stage.json ] && js .simulated stage.json | awk -v r="${SAYS[drill]-}" -v i="${SAYS[run_id]-}" -v n="${SAYS[run_no]-}" '{ print $0 "\t" r "\t" i "\t" n }'
    [ -s plan.json ] && [ -s intent.json ] || echo missing
  } | sort -u >"$W/o"
  [ "$(cat "$W/o")" = "$sim	${SAYS[drill]-}	${SAYS[run_id]-}	${SAYS[run_no]-}" ]
}
one; judge $? 9 "every file speaks of run ${SAYS[run_id]-}, ${SAYS[evidence]-}"
if [ -z "$WANT" ]; then na 10 'nobody said which run this should be'
else [ "$WANT" = "${SAYS[run_id]-}" ]; judge $? 10 'it is the run that was asked for'; fi
if [ ! -e intent.json.sig ]; then na 11 'the intent was not signed'
else signed 11 intent.json intent.json.sig drill-intent@v1 'the intent'; fi

# 12, 13, 14: the register
if [ -z "$RG" ]; then for n in 12 13 14; do na $n 'no register was given'; done; else
  hashes "$RG" >"$W/h"
  { printf '0%.0s' {1..64}; echo; sed '$d' "$W/h"; } | awk '{ print NR "\t" $1 "\t1" }' >"$W/e"
  jq -r '[.n,.prev,.v]|@tsv' "$RG" >"$W/p" 2>/dev/null || echo broken >>"$W/p"
  for n in SEAL.txt.approval.sig SEAL.txt.tsr SEAL.txt.p256.sig addenda/*/ADDENDUM.txt; do [ -f "$n" ] && printf '%s %s\n' "$n" "$(s "$n")"; done | sort >"$W/later"
  { read -r KINDS; read -r MINE; read -r O; } < <(jq -rs --arg r "${SAYS[run_id]-}" --arg no "${SAYS[run_no]-}" --arg i "$(s intent.json)" --arg s "$(s SEAL.txt)" \
    --arg st "$STATUS" --arg p "${SAYS[register_prev_sha256]-}" --arg o "${SAYS[replaces_sha256]-}" --rawfile l "$W/later" '
    (map(select(.kind=="intent").run_no) as $r | ($r == [range(1;($r|length)+1)]) and
      all(.[]; .kind=="intent" or .kind=="seal" or .kind=="abandoned" or .kind=="addendum" or
        .kind=="schedule")),
    (map(select(.run_id==$r)) as $m | def k($x): $m | map(select(.kind==$x));
    k("seal") as $seals | ($seals|last) as $last
    | (k("intent")|map([.sha256,(.run_no|tostring)])) == [[$i,$no]] and $m[0].kind=="intent" and $last.sha256==$s
      and $last.note==$st and $last.prev==$p and all($seals[:-1][]; .note=="incomplete") and k("abandoned")==[]
      and $o==($seals[:-1]|last|.sha256? // ("0"*64))
      and ((k("addendum")|map(select(.n>$last.n)|.note+" "+.sha256)|sort)==($l|split("\n")|map(select(.!=""))|sort))),
    (map(select(.kind=="intent").run_id) as $i | map(select(.kind=="seal" or .kind=="abandoned").run_id) as $o
    | ($i-$o)+($o-$i)+(if ($i|unique|length)==($i|length) then [] else ["twice"] end)|join(" "))' "$RG" 2>/dev/null ||
    printf 'no\nno\nunreadable\n')
  ended "$RG" && cmp -s "$W/p" "$W/e" && jq -cS . "$RG" 2>/dev/null | cmp -s - "$RG" && [ "$KINDS" = true ] && { [ -z "$HEAD" ] || grep -qxF -- "$HEAD" "$W/h"; }
  judge $? 12 "the register's chain is whole: $(wc -l <"$RG") entries, head $(tail -n1 "$W/h" | cut -c1-16)"
  [ "$MINE" = true ]
  judge $? 13 'intent, seal and what came later are the registered ones'
  [ -z "$O" ]; judge $? 14 "every registered run has an outcome $O"
fi

# 15: recovery time, recovery point and their verdicts, from the raw samples and marks
# A later boot is put on the clock of the first where its wall clock says, with each restart as short and as
# long as it can have been; a boot's own clock is wrong by at most one part in 2000. All is measured both ways.
cat >"$W/place.awk" <<'AWK'
function min(a, b) { return a < b ? a : b }
function max(a, b) { return a > b ? a : b }
function moment(k, at) { at += 0; if (!(k in first)) first[k] = last[k] = at; first[k] = min(first[k], at); last[k] = max(last[k], at) }
function days(y, m, d, era, yoe) { # since 1970; NONE if there is no such day
  if (y < 1 || d < 1 || d > 31 || (d == 31 && (m == 4 || m == 6 || m == 9 || m == 11))) return NONE
  if (m == 2 && d > 28 + (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))) return NONE
  y -= m <= 2; era = int(y / 400); yoe = y - era * 400
  return era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 719469
}
BEGIN {
  FS = "\t"; k = -1; NONE = "none"; D = "[0-9]"; N = "(0|[1-9][0-9]*)"
  C = "^" N "," D D D D "-(0[1-9]|1[0-2])-" D D "T([01]" D "|2[0-3]):[0-5]" D ":[0-5]" D "[.]" D D D D D D "Z,(true|false)," N "," N ",[^,]+$"
  B = "^" N ",[^,]+," N "," N "$"
}
{ line = substr($0, 3); split(line, c, ",") }
$1 == "E" { if ($3 != "" && $3 != boot) { boot = $3; if (boot in number) bad = 1; number[boot] = ++k; at[k] = $2 } moment(max(k, 0), $2) }
$1 == "B" {
  if (line !~ B || !("b" c[2] in number)) bad = 1
  sb[++starts] = number["b" c[2]]; sp[starts] = c[3] + 0; sm[starts] = c[4] + 0
  if (starts == 1 ? sp[1] || sm[1] : sb[starts] < sb[starts - 1] || sp[starts] < sp[starts - 1] || sm[starts] < sm[starts - 1]) bad = 1
}
$1 == "C" {
  w = c[2]; day = line ~ C ? days(substr(w, 1, 4) + 0, substr(w, 6, 2) + 0, substr(w, 9, 2) + 0) : NONE
  if (day == NONE) bad = 1
  wall = ((day * 24 + substr(w, 12, 2)) * 60 + substr(w, 15, 2)) * 60 * 1000000 + substr(w, 18, 2) * 1000000 + substr(w, 21, 6)
  if (c[3] == "true" && ("b" c[6] in number)) { pk[++n] = number["b" c[6]]; pm[n] = c[1] + 0; pz[n] = wall - c[1]; pe[n] = c[4] + 0 }
}
$1 == "S" { while (is < starts && sp[is + 1] <= ns) is++; ns++; moment(sb[is], c[4]); moment(sb[is], c[5]) }
$1 == "M" { while (im < starts && sm[im + 1] <= nm) im++; nm++; if (c[5] != "indeterminate") { moment(sb[im], c[3]); moment(sb[im], c[4]) } }
END {
  if (bad || !starts || k < 1) { print "none"; exit }
  for (i = 1; i <= n; i++) {
    j = pk[i]; d = max(pm[i] - first[j], last[j] - pm[i]); d = pe[i] + (d + 1999 - (d + 1999) % 2000) / 2000
    if (!(j in lo)) { lo[j] = pz[i] - d; hi[j] = pz[i] + d }
    lo[j] = max(lo[j], pz[i] - d); hi[j] = min(hi[j], pz[i] + d)
  }
  for (i = 1; i <= n; i++) last[pk[i]] = max(last[pk[i]], pm[i])
  for (j = 0; j <= k; j++) if (!(j in lo) || lo[j] > hi[j]) { print "none"; exit }
  for (j = 1; j <= k; j++) {
    a = max(lo[j] - hi[j - 1], last[j - 1]); z = hi[j] - lo[j - 1]; if (a > z) { print "none"; exit }
    early[j] = early[j - 1] + a; late[j] = late[j - 1] + z
  }
  for (j = 0; j <= k; j++) printf "boot\t%d\t%.0f\t%.0f\t%.0f\n", j, early[j], late[j], at[j]
  for (i = 1; i <= starts; i++) printf "start\t%d\t%d\t%d\n", sb[i], sp[i], sm[i]
}
AWK
whole() { if ended "$1"; then sed 1d "$1"; else sed '1d;$d' "$1"; fi 2>/dev/null; }
rows() { [ -e "samples/$1.csv" ] && whole "samples/$1.csv" | sed "s/^/$2\t/"; }
placed() {
{ jq -r 'select(.type!="run.closed")|[.mono_us,(if .type=="run.adopted" then "b"+.data.boot_id else "" end)]|@tsv' events.jsonl | sed 's/^/E\t/'
  rows starts B; rows clock C; rows probes S; rows marks M; } 2>/dev/null | awk -f "$W/place.awk" >"$W/place"
grep -q ^boot "$W/place"
}
by() { awk -F'\t' -v c="$1" '$1 == "boot" { printf "%s%s", s, $c; s = "," }' "$W/place"; }
told() { # COLUMN OF PLACE: what is measured, with the restarts as short (3) or long (4) as that
{ sed 's/^/F\t/' "$W/facts"
  { moved "$1" 2 3 5 probes
    awk -F'\t' -v c="$1" '$1 == "boot" && $2 { at[++n] = sprintf("%.0f", $5 + $c) } $1 == "probe" { for (i = 1; i <= n; i++) print $2 ",-1," at[i] "," at[i] "," at[i] ",unknown,," substr($3, 2) }' "$W/place" "$W/facts"
  } | sort -s -t, -k4,4n -k2,2n | sed 's/^/S\t/'
  moved "$1" 3 3 4 marks | sed 's/^/M\t/'; sed 1d samples/found.csv 2>/dev/null | sed 's/^/X\t/'; } >"$W/in"
}
moved() { # COLUMN OF PLACE, OF STARTS, FIRST, LAST, FILE
  [ -e "samples/$5.csv" ] && sed 1d "samples/$5.csv" | awk -v c="$1" -v r="$(($2 + 1))" -v a="$3" -v z="$4" -v place="$W/place" '
    BEGIN { while ((getline line <place) > 0) { split(line, p, "\t"); if (p[1] == "boot") by[p[2]] = p[c]; if (p[1] == "start") { k[++n] = p[2]; from[n] = p[r] } } FS = OFS = "," }
    { while (i < n && from[i + 1] <= NR - 1) i++; if (i && by[k[i]] + 0) for (j = a; j <= z; j++) $j = sprintf("%.0f", $j + by[k[i]]); print }'
}
facts() { # [OFFSET OF EACH BOOT]
jq -n --argjson by "$1" --slurpfile p plan.json -r '
  def us: [scan("([0-9]+)(us|ms|s|m|h|d)")] | map((.[0]|tonumber)*({us:1,ms:1e3,s:1e6,m:6e7,h:3.6e9,d:8.64e10}[.[1]])) | add;
  def prov: . as $k | ["aws.elb.target_health","aws.cloudwatch.alarm","aws.rds.cluster_status"] | index($k) != null;
  $p[0] as $p | ($p.steps|map({(.id):.})|add) as $steps
  | def fault($d; $b): if $d.way=="forward" and $steps[$d.step].phase=="disrupt"
      then .faults[$d.step]=$b | .fault=[(.faults|[.[][0]]|min),(.faults|[.[][1]]|min)] else . end;
    def moved(f): foreach f as $e ({k:-1}; (if $e.type=="run.adopted" and .b!=$e.data.boot_id then .b=$e.data.boot_id | .k+=1 else . end) | .e=$e;
      ($by[[.k,0]|max]//0) as $o | .e | .mono_us+=$o | if .type=="step.requested" then .data.sent_us+=$o | .data.answered_us+=$o
      elif .type=="step.settled" then .data.looked_us|=map(.+$o) else . end);
    reduce moved(inputs|select(.type!="run.closed")) as $e ({boots:{},s:{}};
      $e.data as $d | $e.mono_us as $t | .started=(.started//$t) | .last=$t | ($d.way//"forward") as $w | ($d.step//"") as $k
      | if $e.type=="run.adopted" then .boots[$d.boot_id]=1
        elif $e.type=="step.intended" then .s[$w][$k] += {st:"intended",intended:$t}
        elif $e.type=="step.requested" then .s[$w][$k] as $x
          | (if $x.req then [$x.req[0],$d.answered_us]
             elif $x.doubted and ($steps[$k].doubt!="observable" or $x.retried) then [($x.intended//$d.sent_us),$d.answered_us]
             else [$d.sent_us,$d.answered_us] end) as $b | .s[$w][$k] += {st:"requested",req:$b} | fault($d;$b)
        elif $e.type=="step.settled" then .s[$w][$k] as $x
          | (if $x.intended and ($x.req|not) then [$x.intended,$d.looked_us[1]] as $b | .s[$w][$k].req=$b | fault($d;$b) else . end)
          | .s[$w][$k].st="settled"
        elif $e.type=="step.failed" then .s[$w][$k].st="failed"
        elif $e.type=="step.doubted" then .s[$w][$k] += {st:"doubted",doubted:$t}
        elif $e.type=="step.reconciled" then (if $d.repeat then .s[$w][$k].st="intended" else . end)
        elif $e.type=="step.held" then .s[$w][$k].st="held"
        elif $e.type=="step.resolved" then .s[$w][$k] as $x | if $x.st!="held" then . elif $d.answer=="not-happened" then .s[$w][$k].st="failed"
          elif $d.answer=="retry" then .s[$w][$k] += {st:"intended",retried:true} else .s[$w][$k].st="requested"
          | (if $x.intended and ($x.req|not) then [$x.intended,$t] as $b | .s[$w][$k].req=$b | fault($d;$b) else . end) end
        elif $e.type=="gate.opened" then .s.forward[$k] += {st:"opened",opened:$t}
        elif $e.type=="decision.recorded" then .s.forward[$k] as $x
          | if $x.st=="opened" and ($x.decided|not) then .s.forward[$k].decided=true
            | if $d.answer=="approve" and .fault and (.declared|not) then .declared=[($x.opened//$t),$t] else . end else . end
        elif $e.type=="stop.requested" or $e.type=="guard.tripped" then .stop=1
        elif $e.type=="return.began" then .ret=$t else . end)
    | . as $r | $p.objectives as $o | ($p.probes|map({(.id):.})|add // {}) as $pr | ($p.marks|map({(.id):.})|add // {}) as $mk
    | def num: if .==null then "null" else . end;
    ["run", (if ($r.boots|length)>1 and ($by|length)<2 then 1 else 0 end), ($r.fault[0]?|num), ($r.fault[1]?|num), ($r.declared[0]?|num),
      ($r.declared[1]?|num), $r.started, ($r.ret//$r.last), ($r.stop//0)],
    (if $o.rto then $pr[$o.rto.probe] as $q | ["rto",($o.rto.target|us),$o.rto.probe,$o.rto.clock,$o.rto.ups,($o.rto.hold|us),
      (if $o.rto.give_up then ($o.rto.give_up|us) else "null" end),$o.rto.impact,($q.every|us),($q.within|us),
      (if ((($q.kind|prov) or $p.packages[$q.kind].provider_reported) and ($o.rto.accept_provider_reported|not)) or ($o.rto.too_coarse=="inconclusive" and (($q.every|us)+($q.within|us))*10>($o.rto.target|us)) then 1 else 0 end)] else empty end),
    (if $o.rpo then ["rpo",($o.rpo.target|us),$o.rpo.marks,(if $mk[$o.rpo.marks].kind|prov then 1 else 0 end),
      (if $r.s.forward["dr-read-"+$o.rpo.marks].st=="settled" then 1 else 0 end)] else empty end),
    ($p.probes[] | . as $q | (if (.vantages//[])==[] then [""] else .vantages end)[] | ["probe",$q.id,"v"+.,($q.every|us),(if $q.control then 1 else 0 end),(if ($q.vantages//[])==[] then 0 else 1 end)])
  | map(if type=="number" then tostring else . end) | @tsv' events.jsonl >"$W/facts" 2>/dev/null
}
cat >"$W/measure.awk" <<'AWK'
# What is not known is taken for up in a lower bound and for down in an upper bound.
function min(a, b) { return a < b ? a : b }
function max(a, b) { return a > b ? a : b }
function slots(end, due, every, n) { n = (end - due) / every; n = n < 0 ? 0 : n - n % 1; return n }
function put(o, s, d, t, u, q, i) { i = ++len[o]; S[o, i] = s; E[o, i] = d; T[o, i] = t; U[o, i] = u; Q[o, i] = q }
function watched(e, o, until, every, i, j, wide, over) { # order by sending, and put in what is missing
  len[o] = 0; j = 0; over = 0
  for (i = 1; i <= cnt[e]; i++) {
    wide = j && (ru[e, i] - ru[e, j] > every + (every - every % 2) / 2 || rs[e, i] - rs[e, j] > 2 * every)
    if (wide && (slots(min(ru[e, i] - (every - every % 2) / 2, until), ru[e, j], every) || slots(min(rs[e, i], until), ru[e, j], every)))
      put(o, rs[e, j], rs[e, j], "unknown", rs[e, j], -1)
    if (rs[e, i] > until) { over = 1; break }
    if (rs[e, i] >= started) put(o, rs[e, i], rd[e, i], (rd[e, i] >= rs[e, i] ? rt[e, i] : "unknown"), ru[e, i], rq[e, i])
    j = i
  }
  if (!over && j && slots(until, ru[e, j], every)) put(o, rs[e, j], rs[e, j], "unknown", rs[e, j], -1)
}
function first(o, at, i) { # put an unknown one before the others
  for (i = len[o]; i >= 1; i--) { S[o, i + 1] = S[o, i]; E[o, i + 1] = E[o, i]; T[o, i + 1] = T[o, i]; U[o, i + 1] = U[o, i]; Q[o, i + 1] = Q[o, i] }
  len[o]++; S[o, 1] = E[o, 1] = U[o, 1] = at; T[o, 1] = "unknown"; Q[o, 1] = -1
}
function stretched(o, i, later) { # A[i]: the earliest good answer from i on; B.., N: stretches without a good one
  later = FAR; delete A
  for (i = len[o]; i >= 1; i--) { if (T[o, i] == "up") later = min(later, E[o, i]); A[i] = later }
  A[len[o] + 1] = FAR; N = 0
  for (i = 1; i <= len[o]; i++) if (T[o, i] != "up") { if (i == 1 || T[o, i - 1] == "up") B[++N] = i; C[N] = i + 1 }
}
function spans(o, k, i, j, x, y) { # when the runner was blind, by one control probe
  if (!len[o] || Q[o, 1] != 0) first(o, -FAR)
  stretched(o)
  for (i = 1; i <= N; i++) { nb[k]++; bl[k, nb[k]] = B[i] == 1 ? -FAR : S[o, B[i] - 1]; bh[k, nb[k]] = A[C[i]] }
}
function joined(k, i, j, x, y, n) {
  for (i = 2; i <= nb[k]; i++) { x = bl[k, i]; y = bh[k, i]; for (j = i - 1; j >= 1 && bl[k, j] > x; j--) { bl[k, j + 1] = bl[k, j]; bh[k, j + 1] = bh[k, j] } bl[k, j + 1] = x; bh[k, j + 1] = y }
  n = 0
  for (i = 1; i <= nb[k]; i++) if (n && bl[k, i] <= bh[k, n]) bh[k, n] = max(bh[k, n], bh[k, i]); else { n++; bl[k, n] = bl[k, i]; bh[k, n] = bh[k, i] }
  nb[k] = n
}
function dim(o, k, only, i, j) {
  j = 1
  for (i = 1; i <= len[o]; i++) {
    while (j <= nb[k] && bh[k, j] <= S[o, i]) j++
    if (j <= nb[k] && bl[k, j] < E[o, i] && (only == "" || T[o, i] == only)) T[o, i] = "unknown"
  }
}
function rank(v) { return index("invalid aborted fail inconclusive pass", v) }
function compare(lo, hi, target) { return hi < FAR && hi <= target ? "pass" : lo > target ? "fail" : "inconclusive" }
function ms(lo, hi) { return sprintf("%.0f %s", (lo - ((lo % 1000) + 1000) % 1000) / 1000, hi >= FAR ? "null" : sprintf("%.0f", (hi + 999 - (hi + 999) % 1000) / 1000)) }
function time(o, i, t1, n, onset, seen, sent, done, end, lo, hi, a, b, unknown, still, verdict, none) {
  if (!len[o] || S[o, 1] > f0) first(o, f0)
  stretched(o); t1 = 0; unknown = 0; still = 0; seen = 0; done = FAR
  for (n = 1; n <= N; n++) if (C[n] > len[o] || S[o, C[n]] > f0) { if (!t1) t1 = n }
  for (i = 1; i <= len[o]; i++) if (T[o, i] == "down" && S[o, i] > f0) { seen = 1; sent = S[o, i]; done = min(done, E[o, i]) }
  if (t1) for (n = t1; n <= N; n++) for (i = B[n]; i < C[n]; i++) { if (T[o, i] == "unknown") unknown = 1; if (n == N && C[n] > len[o] && T[o, i] == "down" && S[o, i] > f0) still = 1 }
  onset = seen && B[t1] > 1
  if (!t1) end = S[o, 1]
  else if (C[N] > len[o] || len[o] - C[N] + 1 < ups || E[o, len[o]] - S[o, C[N]] < hold) end = FAR
  else end = A[C[N]]
  none = 1
  if (seen) {
    if (clock == "fault") { a = f0; b = f1; none = 0 }
    if (clock == "declared" && d0 != "null") { a = d0 + 0; b = d1 + 0; none = 0 }
    if (clock == "onset" && onset) { a = S[o, B[t1] - 1]; b = done; none = 0 }
    lo = max(0, sent - b); hi = end >= FAR ? FAR : max(0, end - a)
  } else if (impact == "none") {
    none = 0; lo = 0; hi = 0; a = until
    for (i = len[o]; i >= 1; i--) if (T[o, i] == "up") { hi = max(hi, a - S[o, i]); a = min(a, E[o, i]); if (S[o, i] <= f0) break }
    if (i < 1) hi = max(hi, a - f0)
    if (t1) hi = end >= FAR ? FAR : max(hi, end - (B[t1] == 1 ? started : min(f0, S[o, B[t1] - 1])))
  }
  if (none) { verdict = seen || unknown ? "inconclusive" : "invalid"; return verdict " null null" }
  verdict = compare(lo, hi, target)
  if (verdict == "inconclusive" && still && give != "null" && give + 0 < target && max(0, sent - f1) + 2 * (every + within) >= give + 0) verdict = "fail"
  if (verdict == "pass" && ((seen && !onset) || weak)) verdict = "inconclusive"
  return verdict " " ms(lo, hi)
}
BEGIN { FS = "\t"; FAR = 4611686018427387904 }
$1 == "F" && $2 == "run" { twice = $3; nofault = $4 == "null"; f0 = $4 + 0; f1 = $5 + 0; d0 = $6; d1 = $7; started = $8 + 0; until = $9 + 0; stop = $10; known = 1 }
$1 == "F" && $2 == "rto" { rto = $4; target = $3 + 0; clock = $5; ups = $6; hold = $7 + 0; give = $8; impact = $9; every = $10 + 0; within = $11 + 0; weak = $12 + 0 }
$1 == "F" && $2 == "rpo" { rpo = $4; rtarget = $3 + 0; rweak = $5 + 0; back = $6 + 0 }
$1 == "F" && $2 == "probe" { eye = $3 "@" substr($4, 2); eyes[++ne] = eye; of[eye] = $3; per[eye] = $5 + 0; control[eye] = $6 + 0; several[$3] = $7 + 0 }
$1 == "S" { line = substr($0, 3); split(line, c, ","); v = line; sub(/.*,/, "", v); eye = c[1] "@" (several[c[1]] ? v : ""); i = ++cnt[eye]
  rq[eye, i] = c[2] + 0; ru[eye, i] = c[3] + 0; rs[eye, i] = c[4] + 0; rd[eye, i] = c[5] + 0; rt[eye, i] = c[6] }
$1 == "M" { split(substr($0, 3), c, ","); if (c[1] == rpo) { n++; mq[n] = c[2]; mso[n] = c[3] + 0; md[n] = c[4] + 0; mt[n] = c[5]; ours[c[2]] = 1 } }
$1 == "X" { split(substr($0, 3), c, ","); if (c[1] == rpo) there[c[2]] = 1 }
END {
  if (!known) { print "broken"; exit }
  if (rto != "") {
    if (twice) best = "inconclusive 0 null"
    else if (nofault) best = "invalid null null"
    else {
      for (e = 1; e <= ne; e++) if (control[eyes[e]]) {
        watched(eyes[e], "w", until, per[eyes[e]]); spans("w", "all"); watched(eyes[e], "w", FAR, per[eyes[e]]); spans("w", "fail")
      }
      joined("all"); joined("fail"); best = ""
      for (e = 1; e <= ne; e++) if (of[eyes[e]] == rto) {
        watched(eyes[e], "w", until, per[eyes[e]])
        if (!control[eyes[e]]) { dim("w", "all", ""); dim("w", "fail", "down") }
        r = time("w"); split(r, c, " "); split(best, b, " ")
        badness = (c[3] == "null" && c[2] != "null") || c[2] == "null" ? FAR : c[3]
        if (best == "" || (b[1] == "invalid" && c[1] != "invalid") || ((c[1] != "invalid" || b[1] == "invalid") && (rank(c[1]) < rank(b[1]) || (c[1] == b[1] && badness > worst)))) { best = r; worst = badness }
      }
    }
    split(best, c, " "); print "rto", (stop ? "aborted" : c[1]), c[2], c[3]
  }
  if (rpo != "") {
    if (twice) r = "inconclusive 0 null"
    else if (nofault) r = "invalid null null"
    else {
      ol = nd = ns = FAR; newest = older = -FAR; lost = before = phantom = 0
      for (i = 1; i <= n; i++) if (mt[i] == "acked" && md[i] <= f0) {
        before++
        if (mq[i] in there && back) newest = max(newest, mso[i]); else { lost++; ol = min(ol, mso[i]); nd = min(nd, md[i]) }
      }
      for (i = 1; i <= n; i++) if (mt[i] == "acked" && md[i] <= f0 && (mq[i] in there) && mso[i] < ol) older = max(older, mso[i])
      if (back) for (q in there) if (!(q in ours)) phantom = 1
      if (!before || !back) r = (before && !back ? "inconclusive" : "invalid") " null null"
      else {
        if (lost) { lo = max(0, f0 - nd); hi = older == -FAR ? FAR : f1 - older } else { lo = 0; hi = f1 - newest }
        verdict = hi >= FAR ? "fail" : compare(lo, hi, rtarget)
        if (phantom || (verdict == "pass" && rweak)) verdict = "inconclusive"
        r = verdict " " ms(lo, hi)
      }
    }
    split(r, c, " "); print "rpo", (stop ? "aborted" : c[1]), c[2], c[3]
  }
}
AWK
figures() {
  local end two=''
  : >"$W/place"; facts '[]'
  grep -q '^run	1' "$W/facts" && placed && two=4
  for end in 3 $two; do
    [ -z "$two" ] || facts "[$(by "$end")]"
    told "$end"; awk -f "$W/measure.awk" "$W/in" >"$W/mine.$end" 2>/dev/null || return 1
  done
  paste -d' ' "$W/mine.3" "$W/mine.${two:-3}" | awk '{ # what holds both ways
    print $1, ($2 == $6 ? $2 : "inconclusive"), ($3 == "null" || $7 == "null" ? "null" : $3 < $7 ? $3 : $7), ($4 == "null" || $8 == "null" ? "null" : $4 > $8 ? $4 : $8) }' >"$W/mine"
  [ -s "$W/result" ] && sed 1d "$W/result" >"$W/said" || return 1
  cmp -s "$W/mine" "$W/said" || return 1
  jq -en --slurpfile p plan.json --slurpfile r result.json '
    def us: [scan("([0-9]+)(us|ms|s|m|h|d)")] | map((.[0]|tonumber)*({us:1,ms:1e3,s:1e6,m:6e7,h:3.6e9,d:8.64e10}[.[1]])) | add;
    ["invalid","aborted","fail","inconclusive","pass"] as $w | $r[0] as $r | $p[0].objectives as $o
    | all($r.objectives[]; .target_ms == (((if .metric=="phase" then $o.phases[.about] else $o[.id].target end)|us)/1000|floor)
        and (.verdict as $v | $w|index($v)) >= ($r.verdict as $v | $w|index($v)))' >/dev/null 2>&1
}
if [ "$STATUS" = incomplete ]; then ok 15 'nothing was concluded: the run is incomplete'
else figures; judge $? 15 "computed again from the samples: $(tr '\n' ';' <"$W/mine" 2>/dev/null)"; fi

# 16, 17: what the seal says, and what came after it
if [ "$STATUS" = complete ]; then
  SAID=$(sed -n 1p "$W/result" | cut -f4-)
else
  SAID="incomplete	none	$(head -n1 events.jsonl | jq -r .t 2>/dev/null)	$(tail -n1 events.jsonl | jq -r .t 2>/dev/null)"
  [ "$N" = 0 ] && SAID="incomplete	none	${SAYS[started]-}	${SAYS[ended]-}"
fi
[ "$SAID" = "${SAYS[overall]-}	${SAYS[objectives]-}	${SAYS[started]-}	${SAYS[ended]-}" ]; judge $? 16 "the seal says what the evidence says: ${SAYS[overall]-}"
addenda() {
  local i=0 before d by
  before=$(s SEAL.txt)
  for _ in addenda/*; do
    i=$((i + 1)); d=$(printf 'addenda/%04d' $i)
    form "$d/ADDENDUM.txt" 'drill-addendum v1' run_id number parent_seal_sha256 prev_sha256 file file_sha256 title added_at added_by signed_by || return 1
    a() { sed -n "s/^$1: //p" "$d/ADDENDUM.txt"; }
    by=$(a signed_by)
    printf '%s\n' ADDENDUM.txt "$(a file)" $([ "$by" = nobody ] || echo ADDENDUM.txt.sig) | sort >"$W/want"
    (cd "$d" && find . -type f | sed 's,^\./,,' | sort) | cmp -s - "$W/want" || return 1
    [ "$(a run_id) $(a number) $(a parent_seal_sha256) $(a prev_sha256) $(a file_sha256)" = "${SAYS[run_id]-} $i $(s SEAL.txt) $before $(s "$d/$(a file)")" ] || return 1
    [ "$by" = nobody ] || { [ "$(key "$d/ADDENDUM.txt" "$d/ADDENDUM.txt.sig" drill-addendum@v1)" = "$by" ] && signer "$d/ADDENDUM.txt" "$d/ADDENDUM.txt.sig" drill-addendum@v1 >/dev/null; } || return 1
    before=$(s "$d/ADDENDUM.txt")
  done
}
if [ ! -e addenda ]; then na 17 'there are no addenda'; else addenda; judge $? 17 'the addenda follow the seal'; fi

# 18, 19, 20: an authority's clock, and a key in a KMS
stamped() { # STAMP TEXT -> the moment it names; fails unless it is of that text (of its signature, if there is one)
  local of=$2 at
  [ -e "$2.sig" ] && of=$2.sig
  openssl ts -reply -in "$1" -token_out -out "$W/token" 2>/dev/null &&
    openssl cms -verify -noverify -nosigs -binary -inform DER -in "$W/token" -out "$W/info" 2>/dev/null &&
    openssl asn1parse -inform DER -in "$W/info" >"$W/asn" 2>/dev/null || return 1
  [ "$(sed -n 's/.*OCTET STRING.*\[HEX DUMP\]:\([0-9A-F]*\)$/\1/p' "$W/asn" | head -n1 | tr A-F a-f)" = "$(s "$of")" ] || return 1
  grep -q ':sha256$' "$W/asn" || return 1
  at=$(sed -n 's/.*GENERALIZEDTIME *:\([0-9]\{4\}\)\([0-9][0-9]\)\([0-9][0-9]\)\([0-9][0-9]\)\([0-9][0-9]\)\([0-9][0-9]\).*/\1-\2-\3T\4:\5:\6Z/p' "$W/asn" | head -n1)
  [ -n "$at" ] && echo "$at" || return 1
  [ -z "$CA" ] || openssl ts -verify -data "$of" -in "$1" -CAfile "$CA" -attime "$(date -d "$at" +%s)" >/dev/null 2>&1
}
seconds() { date -d "$1" +%s 2>/dev/null || echo x; }
stamp() { # NUMBER STAMP TEXT WHAT EARLIEST LATEST SINCE
  local at t
  at=$(stamped "$2" "$3") || { no "$1" "$4 has no good timestamp"; return; }
  t=$(seconds "$at")
  if [ -n "$6" ] && [ "$t" -gt $(($(seconds "$6") + 60)) ]; then no "$1" "$4 existed at $at, after the run had begun at $6"
  elif [ -n "$5" ] && [ "$t" -lt $(($(seconds "$5") - 60)) ]; then no "$1" "$4 existed at $at, before the moment that it names"
  elif [ -z "$CA" ]; then na "$1" "not checked (no certificate of the authority was given): $4 existed at $at"
  elif [ -n "$6" ] && [ "$t" -gt "$(seconds "$6")" ]; then na "$1" "not checked (within what clocks differ): $4 existed at $at"
  else ok "$1" "$4 existed at $at, $7"; fi
}
if [ ! -e intent.json.tsr ]; then na 18 'the intent has no timestamp'
else stamp 18 intent.json.tsr intent.json 'the intent' '' "${SAYS[started]-}" "the run began at ${SAYS[started]-}"; fi
if [ ! -e SEAL.txt.tsr ]; then na 19 'the seal has no timestamp'
else stamp 19 SEAL.txt.tsr SEAL.txt 'the seal' "${SAYS[sealed_at]-}" '' "it names ${SAYS[sealed_at]-}"; fi
if [ ! -e SEAL.txt.p256.sig ]; then na 20 'there is no signature of a P-256 key'
elif [ -z "$PUB" ]; then na 20 'not checked (no public key was given): there is a signature of a P-256 key'
else
  openssl pkey -pubin -in "$PUB" -noout -text 2>/dev/null | grep -q 'prime256v1' &&
    openssl dgst -sha256 -verify "$PUB" -signature SEAL.txt.p256.sig SEAL.txt >/dev/null 2>&1
  judge $? 20 'the seal is signed with the P-256 key'
fi

# 21: what the provider's own records say; of what happened without a request, and of seconds, only that it can be
witness() { # WITNESS: against the records in $W/given
  jq -en --arg run "${SAYS[run_id]-}" --slurpfile w "$1" --slurpfile g "$W/given" --slurpfile e events.jsonl --slurpfile p plan.json '
    def looks: test("^(BatchGet|Describe|Get|Head|List|Lookup|Query|Scan)");
    def trail: {id:(.eventID|tostring), at:.eventTime, op:(.eventName|sub("_?[0-9]{4}[0-9_]*(v[0-9]+)?$";"")),
      service:(.eventSource|split(".")[0]), req:(.requestID//""), error:(.errorCode//""), who:(.userIdentity.arn//""),
      account:(.recipientAccountId//""), changes:(if .readOnly==null then (.eventName|looks|not) else (.readOnly|not) end)};
    def whole: type=="string" and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$");
    def s: .[0:19]+"Z"|fromdateiso8601;
    def of: if .=="elbv2" then "elasticloadbalancing" elif .=="cloudwatch" then "monitoring" else . end;
    def served: if test("^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$") then (strptime("%a, %d %b %Y %H:%M:%S GMT")|mktime|todate) else "" end;
    [$g[]|if has("Records") then .Records[] elif has("Events") then .Events[]|select(has("CloudTrailEvent"))|.CloudTrailEvent|fromjson else empty end|trail] as $t
    | [$g[]|(.experiments//[.experiment//empty])[]|.id|tostring] as $fis
    | [$g[]|select(has("Events"))|.Events[]|select(has("CloudTrailEvent")|not)|.SourceIdentifier+" "] as $rds
    | [$e[]|select(.type=="step.requested" or .type=="step.failed")] as $asked
    | [$asked[] as $x | [$x.data.calls[]?|select(.operation|looks|not)]
        | (if .==[] and $x.type=="step.requested" then [{service:"",operation:""}] else . end)[]
        | [$x.seq,$x.data.step,$x.data.way,.service,.operation,(.request_id//""),(.status//0)]
          + [(.date//"") as $d | if $d=="" then $x.t[0:19] else ($d|served)[0:19] end]] as $claims
    | [$p[0].sites[].account] as $mine | $w[0] as $w
    | $w.schema=="dr.witness/1" and $w.run_id==$run
      and [$w.claims[].claim|[.event,.step,.way,.service,.operation,.request_id,.status]] == [$claims[]|.[0:7]]
      and all(range($claims|length); . as $i | $claims[$i][7] | .=="" or . == $w.claims[$i].claim.at[0:19])
      and all($w.claims[]; .claim as $c | .standing as $st | .by as $by
        | [$t[]|select($c.request_id!="" and .req==$c.request_id)] as $same
        | if $same==[] then ($st=="uncorroborated" and $by==[]) or ($st=="corroborated" and $by!=[] and $c.status<400
            and all($by[]; . as $id | any($fis[]; .==$id) or any($rds[]; . as $r|$id|startswith($r))))
          else $by==[$same[].id] and ([$same[]|select(.at|whole)|(.at|s)-($c.at|s)|if .<0 then -. else . end] as $far
            | if any($same[]; .service!=($c.service|of) or .op!=$c.operation or (.account as $a|$a!="" and ($mine|index([$a])|not))
                or (.error!="" and $c.status<400) or (.error=="" and $c.status>=400)) or any($far[]; .>11)
              then $st=="contradicted" elif ($far|length)==($same|length) and all($far[]; .<9) then $st=="corroborated" else true end) end)
      and ([$w.claims[]|select(.standing=="corroborated").by[]] as $vouched
        | [$t[]|.id as $id|select(any($vouched[]; .==$id) and .who!="").who] as $ours
        | [$asked[].data.calls[]?|.request_id//""] as $known
        | any($t[]; .at|whole|not) or ([$t[]|.who as $o|.req as $r|(.at|sub("Z$";".000000Z")) as $at
            | select(.changes and any($ours[]; .==$o) and (any($known[]; .==$r)|not) and $e[0].t<=$at and $at<=$e[-1].t).id]
          == [$w.unclaimed[].id]))' >/dev/null 2>&1
}
witnessed() {
  local place name want from before=''
  for place in addenda/*/; do
    if [ -e "${place}witness.json" ]; then
      : >"$W/given"
      jq -r '.sources[]|[.file,.sha256]|@tsv' "${place}witness.json" >"$W/sources" 2>/dev/null || return 1
      while IFS=$'\t' read -r name want; do
        case $name in */* | ADDENDUM.txt) return 1 ;; esac
        for from in $before ''; do [ -f "$from$name" ] && [ "$(s "$from$name")" = "$want" ] && break; done
        [ -n "$from" ] || return 1
        { cat -- "$from$name"; echo; } >>"$W/given"
      done <"$W/sources"
      witness "${place}witness.json" || return 1
    fi
    before="$before $place"
  done
}
if ls addenda/*/witness.json >/dev/null 2>&1; then witnessed; judge $? 21 'the attached records say what witness.json says'
else na 21 'no records of a provider were held against it'; fi

# A redacted copy: what it says of itself, and of the original whose seal it carries
O=original/SEAL.txt
copied() {
  local n want
  form REDACTED.txt 'drill-redacted-copy v1' run_id drill evidence overall objectives \
    original_seal_sha256 original_events_sha256 renamed redacted_with || return 1
  [ "$RUN" = "${SAYS[run_id]-}" ] && [ "$(js .drill plan.json)" = "${SAYS[drill]-}" ] || return 1
  [ "$(js .simulated plan.json)" = "$([ "${SAYS[evidence]-}" = SIMULATED ] && echo true || echo false)" ] || return 1
  [ "$(js .plan_sha256 intent.json)" = "$PLAN" ] || return 1
  js 'select(.type=="samples.anchored")|.data|[.file,.bytes,.sha256]|@tsv' events.jsonl >"$W/a" || return 1
  while IFS=$'\t' read -r n bytes want; do
    grep -qxF -- "$n" "$W/names" || return 1
    [ "$(head -c "$bytes" -- "$n" | sha256sum | cut -c1-64)" = "$want" ] || return 1
  done <"$W/a"
  [ "$STATUS" = complete ] || { [ "${SAYS[overall]-} ${SAYS[objectives]-}" = 'incomplete none' ]; return; }
  tail -n1 events.jsonl | jq -r '.data.digests|to_entries[]|.value+"  "+.key' >"$W/d" 2>/dev/null || return 1
  grep -q '  result\.json$' "$W/d" || return 1
  while read -r want n; do grep -qxF -- "$want  $n" MANIFEST.sha256 || return 1; done <"$W/d"
  [ "$(printf '%s' "$SAID" | cut -f1,2)" = "${SAYS[overall]-}	${SAYS[objectives]-}" ]
}
original() {
  [ "${SAYS[original_seal_sha256]-}" = "$(printf '0%.0s' {1..64})" ] && return
  [ "$(s "$O")" = "${SAYS[original_seal_sha256]-}" ] || return 1
  [ "$(sed -n 's/^run_id: //p' "$O")" = "${SAYS[run_id]-}" ] || return 1
  [ "$(sed -n 's/^overall: //p' "$O")" = "${SAYS[overall]-}" ] || return 1
  [ "$(sed -n 's/^objectives: //p' "$O")" = "${SAYS[objectives]-}" ]
}
if [ -n "$COPY" ]; then
  if copied; then say 'ok  ' 8 "it is a redacted copy of ${SAYS[run_id]-}, and says what it holds"; else say FAIL 8 'it is not what it says'; F=1; fi
  if original; then say 'ok  ' 16 'the seal of the original says the same, if there is one'; else say FAIL 16 'the seal of the original says something else'; F=1; fi
  fields "$O"
  if [ -e "$O.sig" ]; then
    if key "$O" "$O.sig" drill-evidence@v1 >/dev/null && BY=$(signer "$O" "$O.sig" drill-evidence@v1); then say 'ok  ' 1 "the seal of the original is signed${BY:+ by $BY}"
    else say FAIL 1 'the seal of the original has no good signature'; F=1; fi
  fi
fi
[ $F = 0 ] || { echo 'NOT VERIFIED'; exit 1; }
[ -z "$COPY" ] || { echo 'CONSISTENT, AND A REDACTED COPY: who holds the original can make it again'; exit 4; }
[ $OPEN = 0 ] || { echo 'CONSISTENT, BUT NOT VERIFIED: nothing to check the signature or the register against'; exit 4; }
echo VERIFIED
