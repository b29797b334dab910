#!/usr/bin/env python3
"""Check the evidence of a disaster-recovery drill. Needs Python 3.9 or newer, and nothing else.

    python3 verify.py BUNDLE --signers FILE --register FILE [--head HEX] [--run ID]
                      [--tsa-ca FILE] [--p256 FILE]

Take this program, the signers file and the register from somewhere else than the bundle. It shares
no code with `dr`: it has its own Ed25519, RSA and ECDSA, its own reading of every file, and its own
arithmetic for recovery time, recovery point and verdicts. VERIFY.md says what each check proves.

Exit code: 0 everything holds, 1 something does not, 4 nothing is wrong, but nothing was given to
check the signature or the register against (or nobody has signed).
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase

PROVIDER = {"aws.elb.target_health", "aws.cloudwatch.alarm", "aws.rds.cluster_status"}
FAR = 1 << 62
KINDS = ("intent", "seal", "abandoned", "addendum", "schedule")
ZERO = "0" * 64
ESSENTIAL = {1, 12, 13, 14}
WORST = ["invalid", "aborted", "fail", "inconclusive", "pass"]
LIVE = re.compile(
    r"journal\.db(-wal|-shm|-journal)?|owner\.lock|children/.*|samples/(stop|observer(-apart)?\.json)"
)
OWN = re.compile(r"MANIFEST\.sha256|SEAL\.txt(\.sig|\.approval\.sig|\.tsr|\.p256\.sig)?|addenda/.*")
LATER = re.compile(r"SEAL\.txt\.(approval\.sig|tsr|p256\.sig)|addenda/.*/ADDENDUM\.txt")
SEAL = (
    "run_id run_no drill evidence status started ended overall objectives plan_sha256 "
    "intent_sha256 manifest_sha256 events_count events_head_sha256 replaces_sha256 "
    "register_prev_sha256 sealed_at sealed_with signed_by"
).split()
ADDENDUM = (
    "run_id number parent_seal_sha256 prev_sha256 file file_sha256 title added_at added_by signed_by"
).split()


class Wrong(Exception):
    """A check does not hold."""


def need(holds, why):
    if not holds:
        raise Wrong(why)


def canonical(value):
    """Return the canonical JSON (RFC 8785) of what has no numbers but integers."""

    def ordered(one):
        if isinstance(one, dict):
            return {k: ordered(one[k]) for k in sorted(one, key=lambda k: k.encode("utf-16-be"))}
        return [ordered(each) for each in one] if isinstance(one, list) else one

    return json.dumps(ordered(value), separators=(",", ":"), ensure_ascii=False).encode()


def sha(data):
    return hashlib.sha256(data).hexdigest()


# Ed25519 (RFC 8032) ----------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one, two):
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    need(y < P, "a point that is not on the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    need((x * x - square) % P == 0 and (x or not sign), "a point that is not on the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public, signature, message):
    s = int.from_bytes(signature[32:], "little")
    need(s < ORDER, "the signature is out of range")
    x, y, z, t = decode(public)
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    minus = times(int.from_bytes(hashed, "little") % ORDER, (P - x, y, z, P - t))
    return encode(add(times(s, BASE), minus)) == signature[:32]


# SSH signatures --------------------------------------------------------------------------------


def string(data):
    return len(data).to_bytes(4, "big") + data


def take(data):
    size = int.from_bytes(data[:4], "big")
    need(len(data) >= 4 + size and len(data) >= 4, "the signature is cut off")
    return data[4 : 4 + size], data[4 + size :]


def signed(armoured, data, namespace):
    """Return the raw key that has signed `data` for this purpose."""
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    lines = armoured.decode("ascii").split("\n")
    need(lines[0] == begin and lines[-2:] == [end, ""], "not an SSH signature")
    text = "".join(lines[1:-2])
    blob = base64.b64decode(text, validate=True)
    wrapped = [text[at : at + 70] for at in range(0, len(text), 70)]
    canonical = base64.b64encode(blob).decode() == text and lines[1:-2] == wrapped
    need(canonical and blob[:10] == b"SSHSIG\0\0\0\1", "not as ssh-keygen writes it")
    public, rest = take(blob[10:])
    parts = []
    for _ in range(4):
        part, rest = take(rest)
        parts.append(part)
    kind, key = take(public)
    raw, more = take(key)
    signed_kind, value = take(parts[3])
    signature, left = take(value)
    known = (kind, signed_kind, parts[1], parts[2]) == (b"ssh-ed25519",) * 2 + (b"", b"sha512")
    need(known and not rest + more + left, "only Ed25519 over SHA-512 is known here")
    need(len(raw) == 32 and len(signature) == 64, "a key or signature of the wrong length")
    need(parts[0] == namespace.encode(), "it was made for another purpose")
    hashed = hashlib.sha512(data).digest()
    message = b"SSHSIG" + b"".join(map(string, (parts[0], b"", b"sha512", hashed)))
    need(ed25519(raw, signature, message), "the signature is not of these bytes")
    return raw


def fingerprint(raw):
    blob = string(b"ssh-ed25519") + string(raw)
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def who(raw, namespace, signers, at):
    """Name the key's owner; None without a signers file."""
    if signers is None:
        return None
    moment = re.sub(r"\D", "", at[:19])
    for line in signers.decode("utf-8", "replace").splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or "ssh-ed25519" not in words:
            continue
        place = words.index("ssh-ed25519")
        given = " ".join(words[1:place])
        same = words[place + 1 : place + 2] == [
            base64.b64encode(string(b"ssh-ed25519") + string(raw)).decode()
        ]
        if not same or "cert-authority" in given:
            continue
        options = dict(re.findall(r'([a-z-]+)="([^"]*)"', given))
        names = [n for n in options.get("namespaces", "").split(",") if n]
        after, before = (
            re.sub(r"\D", "", options.get(name, "")) for name in ("valid-after", "valid-before")
        )
        if names and not any(fnmatchcase(namespace, n) for n in names):
            continue
        if after and after.ljust(14, "0") > moment:
            continue
        if before and before.ljust(14, "0") <= moment:
            continue
        return words[0].strip('"')
    raise Wrong(f"{fingerprint(raw)} is not in the signers file for {namespace}")


# Timestamps (RFC 3161) and P-256 ---------------------------------------------------------------

HASHES = {
    bytes.fromhex(f"60864801650304020{n}"): name
    for n, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))
}
RSA = bytes.fromhex("2a864886f70d010101")
RSA_WITH = {
    bytes.fromhex(f"2a864886f70d01010{n}"): name
    for n, name in (("b", "sha256"), ("c", "sha384"), ("d", "sha512"))
}
ECDSA_WITH = {
    bytes.fromhex(f"2a8648ce3d04030{n}"): name
    for n, name in ((2, "sha256"), (3, "sha384"), (4, "sha512"))
}
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
CONTENT_TYPE, MESSAGE_DIGEST = (
    bytes.fromhex("2a864886f70d010903"),
    bytes.fromhex("2a864886f70d010904"),
)
ESS_1, ESS_2 = bytes.fromhex("2a864886f70d010910020c"), bytes.fromhex("2a864886f70d010910022f")
KEY_USE, TIMESTAMPING = bytes.fromhex("551d25"), bytes.fromhex("2b06010505070308")
CONSTRAINTS = bytes.fromhex("551d13")
CURVES = {  # p, b, order, x and y of the base point; a is -3
    bytes.fromhex("2a8648ce3d030107"): (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    bytes.fromhex("2b81040022"): (
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}
P256 = bytes.fromhex("2a8648ce3d030107")


class Unknown(Exception):
    """A check could not be made."""


def elements(data):
    """Return (tag, content, whole) of each DER element, one after another."""
    at, found = 0, []
    while at < len(data):
        need(at + 2 <= len(data), "cut off")
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            need(0 < count <= 4, "not DER")
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        need(start + size <= len(data), "cut off")
        found.append((tag, data[start : start + size], data[at : start + size]))
        at = start + size
    return found


def inside(element, tag=0x30):
    need(element[0] == tag, "not of its form")
    return elements(element[1])


def number(element):
    need(element[0] == 2 and element[1], "not of its form")
    return int.from_bytes(element[1], "big", signed=True)


def moment(element):
    """Return YYYYMMDDHHMMSS."""
    text = element[1].decode("ascii")
    if element[0] == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    found = re.fullmatch(r"([0-9]{14})(\.[0-9]+)?Z", text)
    need(element[0] in (0x17, 0x18) and found, "no moment")
    return found.group(1)


def rsa(key, signature, message, hashing):
    _, (_, bits, _) = key
    modulus, exponent = map(number, inside(elements(bits[1:])[0]))
    size = (modulus.bit_length() + 7) // 8
    oid = next(oid for oid, name in HASHES.items() if name == hashing)
    hashed = hashlib.new(hashing, message).digest()
    algorithm = b"\x30" + bytes([len(oid) + 4]) + b"\x06" + bytes([len(oid)]) + oid + b"\x05\x00"
    told = algorithm + b"\x04" + bytes([len(hashed)]) + hashed
    told = b"\x30" + bytes([len(told)]) + told
    padded = b"\0\1" + b"\xff" * (size - len(told) - 3) + b"\0" + told
    opened = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return len(signature) == size and opened == padded


def sum_on(curve, one, two):
    p = curve[0]
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % p == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, p) % p
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, p) % p
    x = (slope * slope - one[0] - two[0]) % p
    return x, (slope * (one[0] - x) - one[1]) % p


def times_on(curve, factor, point):
    result = None
    while factor:
        if factor & 1:
            result = sum_on(curve, result, point)
        point = sum_on(curve, point, point)
        factor >>= 1
    return result


def ecdsa(key, signature, message, hashing):
    (algorithm, (_, bits, _)) = key
    curve = CURVES.get(inside(algorithm)[1][1])
    if curve is None:
        raise Unknown("a curve that is not known here")
    p, b, order = curve[:3]
    size, point = (p.bit_length() + 7) // 8, bits[1:]
    need(len(point) == 1 + 2 * size and point[0] == 4, "a point in another form")
    x, y = int.from_bytes(point[1 : 1 + size], "big"), int.from_bytes(point[1 + size :], "big")
    need((y * y - x * x * x + 3 * x - b) % p == 0 and max(x, y) < p, "a point not on the curve")
    whole = elements(signature)
    need(len(whole) == 1, "not a signature")
    r, s = map(number, inside(whole[0]))
    if not (0 < r < order and 0 < s < order):
        return False
    hashed = hashlib.new(hashing, message).digest()
    e = int.from_bytes(hashed, "big") >> max(0, 8 * len(hashed) - order.bit_length())
    w = pow(s, -1, order)
    found = sum_on(
        curve,
        times_on(curve, e * w % order, curve[3:]),
        times_on(curve, r * w % order, (x, y)),
    )
    return found is not None and found[0] % order == r


def holds(key, algorithm, signature, message, hashing=None):
    """Say whether a signature is of a message. `hashing` where the algorithm does not name it."""
    oid = inside(algorithm)[0][1]
    if oid in RSA_WITH or (oid == RSA and hashing):
        return rsa(key, signature, message, RSA_WITH.get(oid, hashing))
    if oid in ECDSA_WITH:
        return ecdsa(key, signature, message, ECDSA_WITH[oid])
    raise Unknown("a kind of signature that is not known here")


class Certificate:
    def __init__(self, data):
        self.data = data
        self.tbs, self.algorithm, (_, bits, _) = inside(elements(data)[0])
        self.signature = bits[1:]
        parts = inside(self.tbs)
        if parts[0][0] == 0xA0:
            parts = parts[1:]
        self.serial, self.issuer, self.subject = parts[0][2], parts[2][2], parts[4][2]
        self.after, self.before = map(moment, inside(parts[3]))
        self.key = inside(parts[5])
        self.extensions = {}
        for tag, content, _ in parts[6:]:
            if tag == 0xA3:
                for one in inside(elements(content)[0]):
                    fields = inside(one)
                    self.extensions[fields[0][1]] = fields[-1][1]

    def issued(self, other):
        constraints = self.extensions.get(CONSTRAINTS)
        may = constraints and any(
            e[0] == 1 and e[1] != b"\0" for e in inside(elements(constraints)[0])
        )
        return (
            bool(may)
            and other.issuer == self.subject
            and holds(self.key, other.algorithm, other.signature, other.tbs[2])
        )


def pem(data, what):
    pattern = f"-----BEGIN {what}-----\\s+([A-Za-z0-9+/=\\s]+?)-----END {what}-----"
    found = re.findall(pattern, data.decode("utf-8", "replace"))
    need(found, f"no {what.lower()} in the file that was given")
    return [base64.b64decode(re.sub(r"\s", "", one)) for one in found]


def trusted(signer, others, roots, at):
    """Follow the issuers of a certificate up to one that was given."""
    one = signer
    for _ in range(8):
        need(one.after <= at <= one.before, "a certificate was not valid then")
        if one.data in roots:
            return
        above = [c for c in others if c.data != one.data and c.issued(one)]
        need(above, "not of an authority that was given")
        one = next((c for c in above if c.data in roots), above[0])
    raise Wrong("not of an authority that was given")


def stamped(response, data, authorities):
    """Return the moment (RFC 3339) of a timestamp over data; checked, if authorities are given."""
    answer = elements(response)
    need(len(answer) == 1, "more than a timestamp")
    status, token = inside(answer[0])
    need(number(inside(status)[0]) == 0, "no timestamp was granted")
    kind, wrapped = inside(token)
    need(kind[1] == SIGNED_DATA, "not signed")
    parts = inside(inside(wrapped, 0xA0)[0])
    content_type, content = inside(parts[2])
    need(content_type[1] == TST_INFO, "not a timestamp")
    info = inside(content, 0xA0)[0][1]
    fields = inside(elements(info)[0])
    imprint = inside(fields[2])
    need(
        inside(imprint[0])[0][1] in HASHES and HASHES[inside(imprint[0])[0][1]] == "sha256",
        "made with another hash than SHA-256",
    )
    need(imprint[1][1] == hashlib.sha256(data).digest(), "the timestamp is of other bytes")
    at = moment(fields[4])
    if authorities is not None:
        embedded = [Certificate(e[2]) for p in parts[3:] if p[0] == 0xA0 for e in elements(p[1])]
        given = pem(authorities, "CERTIFICATE")
        signed_by_authority(parts[-1], info, embedded, given, at)
    return re.sub(r"(....)(..)(..)(..)(..)(..)", r"\1-\2-\3T\4:\5:\6Z", at)


def signed_by_authority(infos, info, embedded, given, at):
    signers = inside(infos, 0x31)
    need(len(signers) == 1, "not exactly one has signed")
    parts = inside(signers[0])
    issuer, serial = inside(parts[1])
    hashing = HASHES.get(inside(parts[2])[0][1])
    if hashing is None:
        raise Unknown("a hash that is not known here")
    need(parts[3][0] == 0xA0, "it signs no attributes")
    attributes = {}
    for one in elements(parts[3][1]):
        name, values = inside(one)
        need(name[1] not in attributes, "an attribute twice")
        attributes[name[1]] = inside(values, 0x31)[0]
    need(attributes[CONTENT_TYPE][1] == TST_INFO, "signed as something else")
    hashed = hashlib.new(hashing, info).digest()
    need(attributes[MESSAGE_DIGEST][1] == hashed, "the signature is of other bytes")
    others = embedded + [Certificate(one) for one in given]
    named = [c for c in others if (c.issuer, c.serial) == (issuer[2], serial[2])]
    need(named, "the certificate of the signer is not there")
    signer = named[0]
    bound(attributes, signer)
    use = signer.extensions.get(KEY_USE)
    need(use and [e[1] for e in inside(elements(use)[0])] == [TIMESTAMPING], "not for timestamps")
    message = b"\x31" + parts[3][2][1:]
    need(holds(signer.key, parts[4], parts[5][1], message, hashing), "the signature does not hold")
    trusted(signer, others, set(given), at)


def bound(attributes, signer):
    """The signer's certificate is the one that the signature speaks of."""
    if ESS_2 in attributes:
        first = inside(inside(inside(attributes[ESS_2])[0])[0])
        hashing = HASHES.get(inside(first[0])[0][1]) if first[0][0] == 0x30 else "sha256"
        told = next(e[1] for e in first if e[0] == 4)
    else:
        need(ESS_1 in attributes, "it does not name the signer's certificate")
        hashing, told = "sha1", inside(inside(inside(attributes[ESS_1])[0])[0])[0][1]
    need(hashing and hashlib.new(hashing, signer.data).digest() == told, "another certificate")


def seconds(text):
    return (
        datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    )


# Reading ---------------------------------------------------------------------------------------


def fields(data, head, names):
    lines = data.decode("ascii").split("\n")
    need(lines[0] == head and len(lines) == len(names) + 2 and not lines[-1], "not of its form")
    found = {}
    for name, line in zip(names, lines[1:]):
        key, _, value = line.partition(": ")
        need(key == name and re.fullmatch(r"[ -~]+", value), f"no proper line {name}")
        if name.endswith("_sha256"):
            need(re.fullmatch(r"[0-9a-f]{64}", value), f"{name} is not a digest")
        found[name] = value
    return found


def bundle(path):
    files, odd = {}, []
    for folder, folders, names in os.walk(path):
        inside = os.path.relpath(folder, path)

        def named(one, inside=inside):
            return one if inside == "." else f"{inside}/{one}"

        odd += [named(one) for one in folders if os.path.islink(os.path.join(folder, one))]
        folders[:] = [one for one in folders if named(one) != "children"]
        for one in names:
            full = os.path.join(folder, one)
            if os.path.islink(full) or not os.path.isfile(full):
                odd.append(named(one))
            elif not LIVE.fullmatch(named(one)):
                with open(full, "rb") as file:
                    files[named(one)] = file.read()
    return files, odd


TEXT = r'([^,"\r\n]*|"[^"\r\n]*(?:""[^"\r\n]*)*")'
NUMBER = r"(0|-?[1-9][0-9]*)"
ROWS = {
    "probes": (
        "probe,seq,due_us,sent_us,done_us,state,why,vantage\n",
        f"^{TEXT},{NUMBER},{NUMBER},{NUMBER},{NUMBER},(up|down|unknown),{TEXT},{TEXT}\n",
    ),
    "marks": (
        "marks,seq,sent_us,done_us,state,why\n",
        f"^{TEXT},{NUMBER},{NUMBER},{NUMBER},(acked|failed|indeterminate),{TEXT}\n",
    ),
    "found": ("marks,seq,count\n", f"^{TEXT},{NUMBER},([1-9][0-9]*)\n"),
}


def rows(files, name):
    data = files.get(f"samples/{name}.csv", b"")
    text = data[: data.rfind(b"\n") + 1].decode()
    header, pattern = ROWS[name]
    if not text:
        return []
    need(text.startswith(header), f"{name}.csv has another header")
    found = re.compile(pattern, re.MULTILINE).findall(text, len(header))
    need(len(found) == text.count("\n") - 1, f"{name}.csv holds what is no record")
    return found


# What happened, from the journal ---------------------------------------------------------------


class Story:
    """The moments that measuring needs."""

    def __init__(self, plan, events):
        self.steps = {step["id"]: step for step in plan["steps"]}
        self.forward = {id_: {} for id_ in self.steps}
        self.undo = defaultdict(dict)
        self.faults = {}
        self.fault = self.declared = self.stop = self.failed = None
        self.returning, self.boots, self.proven = None, [], {}
        self.started = events[0]["mono_us"]
        for event in events:
            if event["type"] != "run.closed":
                self.last = event["mono_us"]
                handler = getattr(self, "on_" + event["type"].replace(".", "_"), None)
                if handler:
                    handler(event, event["data"])
        self.until = self.last if self.returning is None else self.returning

    def state(self, data):
        return (self.forward if data["way"] == "forward" else self.undo)[data["step"]]

    def on_run_adopted(self, event, data):
        self.boots.append(data["boot_id"])

    def on_probe_proven(self, event, data):
        self.proven[data["probe"]] = data["can_fail"]

    def on_step_intended(self, event, data):
        self.state(data).update(status="intended", intended=event["mono_us"])

    def on_step_requested(self, event, data):
        state = self.state(data)
        bracket = (data["sent_us"], data["answered_us"])
        if state.get("requested"):
            bracket = (state["requested"][0], data["answered_us"])
        elif "doubted" in state and (
            self.steps[data["step"]]["doubt"] != "observable" or state.get("retried")
        ):
            bracket = (state.get("intended", data["sent_us"]), data["answered_us"])
        state.update(status="requested", requested=bracket)
        self.faulted(data, bracket)

    def faulted(self, data, bracket):
        if data["way"] == "forward" and self.steps[data["step"]]["phase"] == "disrupt":
            self.faults[data["step"]] = bracket  # side by side, the first one counts
            self.fault = tuple(map(min, zip(*self.faults.values())))

    def on_step_settled(self, event, data):
        state = self.state(data)
        if "intended" in state and not state.get("requested"):
            state["requested"] = (state["intended"], data["looked_us"][1])
            self.faulted(data, state["requested"])
        state.update(status="settled", settled=True, noop=data["noop"], facts=data["facts"])

    def on_step_failed(self, event, data):
        self.state(data).update(status="failed", failure=data["message"])
        if data["way"] == "forward":
            self.failed = self.failed or data["message"] or "failed"

    def on_step_doubted(self, event, data):
        self.state(data).update(status="doubted", doubted=event["mono_us"])

    def on_step_reconciled(self, event, data):
        if data["repeat"]:
            self.state(data)["status"] = "intended"

    def on_step_held(self, event, data):
        self.state(data)["status"] = "held"

    def on_step_resolved(self, event, data):
        state = self.state(data)
        if state.get("status") != "held":
            return
        if data["answer"] == "not-happened":
            self.on_step_failed(event, {**data, "message": "it did not happen"})
        elif data["answer"] == "retry":
            state.update(status="intended", retried=True)
        else:
            state["status"] = "requested"
            if not state.get("requested") and "intended" in state:
                state["requested"] = (state["intended"], event["mono_us"])
                self.faulted(data, state["requested"])

    def on_gate_opened(self, event, data):
        self.forward[data["step"]].update(status="opened", opened=event["mono_us"])

    def on_decision_recorded(self, event, data):
        state = self.forward.get(data["step"])
        if state is None or "decided" in state or state.get("status") != "opened":
            return
        state["decided"] = True
        if data["answer"] == "approve" and self.fault and not self.declared:
            self.declared = (state.get("opened", event["mono_us"]), event["mono_us"])

    def on_stop_requested(self, event, data):
        self.stop = True

    def on_guard_tripped(self, event, data):
        self.stop = True

    def on_return_began(self, event, data):
        self.returning = event["mono_us"]


# Recovery time ---------------------------------------------------------------------------------
# A sample is (sent, done, state, due, seq). What is not known is taken for up in a lower bound and
# for down in an upper bound.

UP, DOWN, UNKNOWN = "up", "down", "unknown"


def watched(samples, period, since, until):
    """Order by sending, and put an unknown one where a slot of the schedule has none."""
    kept, last = [], None

    def slots(end):
        return max(0, (end - last[3]) // period)

    for sample in sorted(samples, key=lambda s: (s[0], s[4])):
        sent, done, state, due, seq = sample
        wide = last and (due - last[3] > period + period // 2 or sent - last[0] > 2 * period)
        if wide and (slots(min(due - period // 2, until)) or slots(min(sent, until))):
            kept.append((last[0], last[0], UNKNOWN, last[0], -1))
        if sent > until:
            break
        if sent >= since:
            kept.append(sample if done >= sent else (sent, done, UNKNOWN, due, seq))
        last = sample
    else:
        if last and slots(until):
            kept.append((last[0], last[0], UNKNOWN, last[0], -1))
    return kept


def stretches(samples):
    """Return (first, end, good one before, good one after, when it was up again by) of each."""
    found, first = [], None
    answered = [None] * (len(samples) + 1)
    for at in range(len(samples) - 1, -1, -1):
        later = answered[at + 1]
        if samples[at][2] == UP:
            later = samples[at][1] if later is None else min(later, samples[at][1])
        answered[at] = later
    for at, sample in enumerate([*samples, None]):
        if sample is not None and sample[2] != UP:
            first = at if first is None else first
        elif first is not None:
            before = samples[first - 1] if first else None
            found.append((first, at, before, sample, answered[at]))
            first = None
    return found


def blind(controls):
    spans = []
    for samples in controls:
        if not samples or samples[0][4] != 0:
            samples = [(-FAR, -FAR, UNKNOWN, -FAR, -1), *samples]
        for _, _, before, _, again in stretches(samples):
            spans.append((-FAR if before is None else before[0], FAR if again is None else again))
    joined = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def dimmed(samples, spans, states):
    result, at = [], 0
    for sample in samples:  # by sending, as the spans are
        while at < len(spans) and spans[at][1] <= sample[0]:
            at += 1
        hit = at < len(spans) and spans[at][0] < sample[1] and sample[2] in states
        result.append((*sample[:2], UNKNOWN, *sample[3:]) if hit else sample)
    return result


def since(start, moment):
    high = None if moment[1] is None else max(0, moment[1] - start[0])
    return max(0, moment[0] - start[1]), high


class Outage:
    """What one probe saw from one place."""

    def __init__(self, samples, story, ups, hold):
        fault = story.fault
        if not samples or samples[0][0] > fault[0]:
            samples = [(fault[0], fault[0], UNKNOWN, fault[0], -1), *samples]
        touching = [s for s in stretches(samples) if s[3] is None or s[3][0] > fault[0]]
        impact = [s for s in samples if s[2] == DOWN and s[0] > fault[0]]
        self.seen = bool(impact)
        self.onset = None
        if impact and touching[0][2] is not None:
            self.onset = (touching[0][2][0], min(s[1] for s in impact))
        end = self.end(samples, touching, ups, hold)
        self.recovery = (impact[-1][0], end) if impact else None
        self.clocks, self.hidden = {}, None
        if impact:
            starts = {"fault": fault, "declared": story.declared, "onset": self.onset}
            self.clocks = {name: since(s, self.recovery) for name, s in starts.items() if s}
        else:
            self.hidden = self.unseen(samples, touching, end, story)
        self.down_at_end = (
            bool(touching)
            and touching[-1][3] is None
            and any(s[2] == DOWN and s[0] > fault[0] for s in samples[touching[-1][0] :])
        )
        self.blind = any(s[2] == UNKNOWN for t in touching for s in samples[t[0] : t[1]])

    @staticmethod
    def end(samples, touching, ups, hold):
        if not touching:
            return samples[0][0]
        _, end, _, after, again = touching[-1]
        if after is None or len(samples) - end < ups or samples[-1][1] - after[0] < hold:
            return None
        return again

    @staticmethod
    def unseen(samples, touching, end, story):
        fault, widest, answered = story.fault, 0, story.until
        for sample in reversed(samples):
            if sample[2] == UP:
                widest = max(widest, answered - sample[0])
                answered = min(answered, sample[1])
                if sample[0] <= fault[0]:
                    break
        else:
            widest = max(widest, answered - fault[0])
        if not touching:
            return 0, widest
        if end is None:
            return 0, None
        before = touching[0][2]
        begin = story.started if before is None else min(fault[0], before[0])
        return 0, max(widest, end - begin)


def compare(measured, target):
    if measured[1] is not None and measured[1] <= target:
        return "pass"
    return "fail" if measured[0] > target else "inconclusive"


def milliseconds(bounds):
    if bounds is None:
        return None
    high = None if bounds[1] is None else -(-bounds[1] // 1000)
    return {"lower_ms": bounds[0] // 1000, "upper_ms": high}


def of_provider(plan, kind):
    """Say whether a kind of probe only repeats what the provider says; of others' kinds, the plan does."""
    return kind in PROVIDER or plan.get("packages", {}).get(kind, {}).get(
        "provider_reported", False
    )


def judge_time(rto, probe, provider, away):
    """Return (verdict, interval) of the recovery time, as one probe saw it from one place."""
    target, measured = us(rto["target"]), away.clocks.get(rto["clock"])
    if rto["impact"] == "none" and not away.seen:
        measured = away.hidden
    if measured is None:
        return ("inconclusive" if away.seen or away.blind else "invalid"), None
    verdict = compare(measured, target)
    every, within = us(probe["every"]), us(probe["within"])
    if verdict == "inconclusive" and away.down_at_end and rto["give_up"] is not None:
        waited = away.clocks["fault"][0] + 2 * (every + within)
        if us(rto["give_up"]) < target and waited >= us(rto["give_up"]):
            verdict = "fail"
    provider = provider and not rto.get("accept_provider_reported", False)
    coarse = rto["too_coarse"] == "inconclusive" and (every + within) * 10 > target
    if verdict == "pass" and ((away.seen and away.onset is None) or provider or coarse):
        verdict = "inconclusive"
    return verdict, measured


def us(duration):
    """Read a duration as a plan holds it: "90s", "1h30m", "500ms"."""
    units = {
        "us": 1,
        "ms": 1000,
        "s": 10**6,
        "m": 60 * 10**6,
        "h": 3600 * 10**6,
        "d": 86400 * 10**6,
    }
    parts = re.findall(r"(\d+)(us|ms|s|m|h|d)", duration)
    need("".join(n + unit for n, unit in parts) == duration, f"{duration} is no duration")
    return sum(int(n) * units[unit] for n, unit in parts)


# Recovery point --------------------------------------------------------------------------------


class Losses:
    """What became of one set of marks."""

    def __init__(self, ledger, found, fault):
        self.read_back, there = found is not None, found or {}
        acked = [m for m in ledger if m[3] == "acked"]
        self.before = [m for m in acked if fault and m[2] <= fault[0]]
        self.missed = sum(1 for m in ledger if fault and m[1] > fault[0] and m[3] != "acked")
        survivors = [m for m in self.before if m[0] in there]
        self.lost = [m for m in self.before if m[0] not in there] if self.read_back else []
        known = {m[0] for m in ledger}
        self.phantoms = sum(1 for seq in there if seq not in known)
        self.point = None
        if fault and self.read_back and self.before:
            if self.lost:
                oldest = min(m[1] for m in self.lost)
                older = [m[1] for m in survivors if m[1] < oldest]
                high = fault[1] - max(older) if older else None
                self.point = (max(0, fault[0] - min(m[2] for m in self.lost)), high)
            else:
                self.point = (0, fault[1] - max(m[1] for m in survivors))


def judge_point(rpo, kind, data):
    if data.point is None:
        return ("inconclusive" if data.before and not data.read_back else "invalid"), None
    verdict = "fail" if data.point[1] is None else compare(data.point, us(rpo["target"]))
    if data.phantoms or (verdict == "pass" and kind in PROVIDER):
        verdict = "inconclusive"
    return verdict, data.point


# Several boots ---------------------------------------------------------------------------------
# A later boot is put on the clock of the first where its wall clock says, with each restart as short
# and as long as it can have been. A boot's own clock is wrong by at most one part in DRIFT.

DRIFT = 2000
PAIRING = re.compile(
    r"(0|[1-9][0-9]*),([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6})Z,"
    r"(true|false),(0|[1-9][0-9]*),(?:0|[1-9][0-9]*),([^,\n]+)"
)
START = re.compile(r"(0|[1-9][0-9]*),([^,\n]+),(0|[1-9][0-9]*),(0|[1-9][0-9]*)")


def records(files, name, pattern):
    data = files.get(f"samples/{name}.csv", b"")
    lines = data[: data.rfind(b"\n") + 1].decode("ascii", "replace").split("\n")[1:-1]
    found = [pattern.fullmatch(line) for line in lines]
    return None if None in found else [one.groups() for one in found]


def microseconds(wall):
    at = datetime.fromisoformat(wall).replace(tzinfo=timezone.utc)
    return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def on_one_clock(plan, events, probes, marks, files):
    """Return (events, probes, marks) twice; None if the boots cannot be placed."""
    boots, of = [], []
    events = [event for event in events if event["type"] != "run.closed"]
    for event in events:
        if event["type"] == "run.adopted" and boots[-1:] != [event["data"]["boot_id"]]:
            boots.append(event["data"]["boot_id"])
        of.append(max(0, len(boots) - 1))
    began, pairings = records(files, "starts", START), records(files, "clock", PAIRING)
    if len(set(boots)) < len(boots) or not began or pairings is None:
        return None
    if any(boot not in boots for _, boot, _, _ in began):
        return None
    try:
        said = [microseconds(wall) for _, wall, _, _, _ in pairings]
    except ValueError:
        return None
    began = [(boots.index(boot), int(p), int(m)) for _, boot, p, m in began]
    grows = all(a <= b for old, new in zip(began, began[1:]) for a, b in zip(old, new))
    if began[0][1:] != (0, 0) or not grows:
        return None
    probes = [(*one[:2], *map(int, one[2:5]), *one[5:]) for one in probes]
    marks = [(*one[:2], *map(int, one[2:4]), *one[4:]) for one in marks]
    of_probes = [max(b for b, p, _ in began if p <= row) for row in range(len(probes))]
    of_marks = [max(b for b, _, m in began if m <= row) for row in range(len(marks))]
    trusted = [
        (boot, int(mono), wall - int(mono), int(error))
        for (mono, _, synchronised, error, boot), wall in zip(pairings, said)
        if synchronised == "true"
    ]
    walls, lasts = [], []
    for k, boot in enumerate(boots):
        mine = [one[1:] for one in trusted if one[0] == boot]
        moments = [e["mono_us"] for e, b in zip(events, of) if b == k]
        moments += [at for p, b in zip(probes, of_probes) if b == k for at in p[3:5]]
        for mark, b in zip(marks, of_marks):
            moments += mark[2:4] if b == k and mark[4] != "indeterminate" else ()
        first, last = min(moments), max(moments)
        spans = [
            (zero - doubt, zero + doubt)
            for at, zero, error in mine
            for doubt in [error - -max(at - first, last - at) // DRIFT]
        ]
        if not spans or max(low for low, _ in spans) > min(high for _, high in spans):
            return None
        walls.append((max(low for low, _ in spans), min(high for _, high in spans)))
        lasts.append(max([last, *(at for at, _, _ in mine)]))
    gaps = [
        (max(new[0] - old[1], last), new[1] - old[0])
        for old, new, last in zip(walls, walls[1:], lasts)
    ]
    if any(shortest > longest for shortest, longest in gaps):
        return None
    return [
        moved(
            plan, (events, of), (probes, of_probes), (marks, of_marks), [gap[end] for gap in gaps]
        )
        for end in (0, 1)
    ]


def moved(plan, events, probes, marks, gaps):
    by = [sum(gaps[:k]) for k in range(len(gaps) + 1)]
    told = []
    for event, k in zip(*events):
        data = dict(event["data"])
        for name in ("sent_us", "answered_us"):
            if event["type"] == "step.requested":
                data[name] += by[k]
        if event["type"] == "step.settled":
            data["looked_us"] = [at + by[k] for at in data["looked_us"]]
        told.append({**event, "mono_us": event["mono_us"] + by[k], "data": data})
    seen = [(*p[:2], *(at + by[k] for at in p[2:5]), *p[5:]) for p, k in zip(*probes)]
    of = events[1]
    for at in range(1, len(of)):
        if of[at] != of[at - 1]:
            now = told[at]["mono_us"]
            for probe in plan["probes"]:
                for vantage in probe.get("vantages") or ("",):
                    seen.append((probe["id"], -1, now, now, now, UNKNOWN, "", vantage))
    return told, seen, [(*m[:2], *(at + by[k] for at in m[2:4]), *m[4:]) for m, k in zip(*marks)]


# The whole run ---------------------------------------------------------------------------------


def badness(away):
    ends = away.recovery or away.hidden
    high = FAR if ends is None or ends[1] is None else ends[1]
    return away.seen, high, -1 if ends is None else ends[0]


def concluded(plan, events, files):
    """Return ({objective: (verdict, milliseconds)}, the verdicts that rules about the run give).

    Of a machine that was restarted: what holds with the restart as short and as long as can be.
    """
    told = [(events, rows(files, "probes"), rows(files, "marks"))]
    apart = len({e["data"]["boot_id"] for e in events if e["type"] == "run.adopted"}) > 1
    both = on_one_clock(plan, *told[0], files) if apart else None
    (short, rules), (long, _) = (
        measured(plan, *one, files, apart and not both) for one in both or told * 2
    )
    figures = {
        id_: (agreed(one[0], long[id_][0]), wider(one[1], long[id_][1]))
        for id_, one in short.items()
    }
    return figures, rules


def agreed(one, two):
    return one if one == two else "inconclusive"


def wider(one, two):
    if one is None or two is None:
        return None
    highs = one["upper_ms"], two["upper_ms"]
    return {
        "lower_ms": min(one["lower_ms"], two["lower_ms"]),
        "upper_ms": None if None in highs else max(highs),
    }


def measured(plan, events, probes, marks, files, restarted):
    story = Story(plan, events)
    if restarted:
        story.fault = story.declared = None
    by_eye = defaultdict(list)
    several = {p["id"] for p in plan["probes"] if p.get("vantages")}
    for probe, seq, due, sent, done, state, _, vantage in probes:
        eye = (probe, vantage if probe in several else "")
        by_eye[eye].append((int(sent), int(done), state, int(due), int(seq)))
    eyes = [(p, v) for p in plan["probes"] for v in p.get("vantages") or ("",)]
    seen = {}
    for probe, vantage in eyes:
        samples = by_eye[(probe["id"], vantage)]
        seen[probe["id"], vantage] = [
            watched(samples, us(probe["every"]), story.started, until)
            for until in (story.until, FAR)
        ]
    controls = [seen[p["id"], v] for p, v in eyes if p["control"]]
    all_of_it, failures = (blind(c[at] for c in controls) for at in (0, 1))
    objectives = plan["objectives"]
    rto, rpo = objectives["rto"], objectives["rpo"]
    ups, hold = (rto["ups"], us(rto["hold"])) if rto else (1, 0)
    outages = defaultdict(list)
    for probe, vantage in eyes:
        samples = seen[probe["id"], vantage][0]
        if not probe["control"]:
            samples = dimmed(dimmed(samples, all_of_it, (UP, DOWN, UNKNOWN)), failures, (DOWN,))
        if story.fault:
            outages[probe["id"]].append(Outage(samples, story, ups, hold))
    losses = all_losses(plan, story, marks, files)
    judged = {}
    for id_, wanted in (("rto", rto), ("rpo", rpo)):
        if wanted is None:
            continue
        if restarted:
            judged[id_] = ("inconclusive", (0, None))
        elif story.fault is None:
            judged[id_] = ("invalid", None)
        elif id_ == "rto":
            probe = next(p for p in plan["probes"] if p["id"] == rto["probe"])
            provider = of_provider(plan, probe["kind"])
            judged[id_] = worst_time(
                [judge_time(rto, probe, provider, o) for o in outages[probe["id"]]]
            )
        else:
            kind = next(m["kind"] for m in plan["marks"] if m["id"] == rpo["marks"])
            judged[id_] = judge_point(rpo, kind, losses[rpo["marks"]])
    figures = {
        id_: ("aborted" if story.stop else verdict, milliseconds(bounds))
        for id_, (verdict, bounds) in judged.items()
    }
    worst = {id_: max(found, key=badness) for id_, found in outages.items()}
    return figures, list(rulings(plan, story, worst, losses, restarted))


def worst_time(judged):
    telling = [one for one in judged if one[0] != "invalid"]

    def key(one):
        high = milliseconds(one[1])["upper_ms"] if one[1] else None
        return -WORST.index(one[0]), high is None, high or 0

    return max(telling or judged, key=key)


def all_losses(plan, story, written, files):
    ledgers, found = defaultdict(list), defaultdict(dict)
    for marks, seq, sent, done, state, _ in written:
        ledgers[marks].append((int(seq), int(sent), int(done), state))
    for marks, seq, count in rows(files, "found"):
        need(int(seq) not in found[marks], f"mark {seq} is listed twice")
        found[marks][int(seq)] = int(count)
    result = {}
    for spec in plan["marks"]:
        looked = story.forward.get("dr-read-" + spec["id"], {}).get("status") == "settled"
        there = found[spec["id"]] if looked else None
        result[spec["id"]] = Losses(ledgers[spec["id"]], there, story.fault)
    return result


def rulings(plan, story, outages, losses, restarted):
    """Yield what the rules about the whole run make of it."""
    rto, rpo = plan["objectives"]["rto"], plan["objectives"]["rpo"]
    for id_, step in story.steps.items():
        state = story.forward[id_]
        idle = state.get("noop") and step["klass"] == "action"
        if idle and step["phase"] in ("disrupt", "recover"):
            yield "invalid"
        if state.get("facts", {}).get("compared") == 0:
            yield "invalid"
    for probe in plan["probes"]:
        shown = story.proven.get(probe["id"])
        judged = rto and rto["probe"] == probe["id"] and rto["impact"] == "none"
        never = probe["id"] not in outages or not outages[probe["id"]].seen
        if (probe["negative"] is not None and shown is not True) or (
            probe["negative"] is None and judged and never
        ):
            yield "invalid"
    if not story.stop:
        yield from of_the_fault(plan, story, outages, losses, restarted)
        if rpo and story.fault and not losses[rpo["marks"]].before:
            yield "invalid"
    if not (rto or rpo or plan["objectives"].get("phases")):
        yield "invalid"
    yield from of_the_end(story)


def of_the_fault(plan, story, outages, losses, restarted):
    rto = plan["objectives"]["rto"]
    if restarted:
        return
    if story.fault is None:
        yield "invalid"
        return
    if rto and rto["impact"] == "none":
        return
    service = [outages[p["id"]] for p in plan["probes"] if not p["control"]]
    marked = any(data.missed or data.lost for data in losses.values())
    if not marked and not any(o.seen for o in service):
        yield "inconclusive" if any(o.blind for o in service) else "invalid"


def of_the_end(story):
    if story.stop:
        yield "aborted"
    forward = ("prepare", "disrupt", "recover", "verify")
    steps = [s for s in story.steps.values() if s["phase"] in forward]
    failed = [s for s in steps if story.forward[s["id"]].get("failure") is not None]
    for step in failed:
        yield "invalid" if step["phase"] in ("prepare", "disrupt") else "fail"
    if story.failed and not failed:
        yield "fail"
    if not (story.stop or story.failed or failed):
        for step in steps:
            if not story.forward[step["id"]].get("settled"):
                yield "inconclusive"


# The checks ------------------------------------------------------------------------------------


class Bundle:
    """A bundle, and what it is checked against."""

    def __init__(self, options):
        self.files, self.odd = bundle(options.bundle)
        self.run, self.head = options.run, options.head
        self.signers = read(options.signers)
        self.register = read(options.register)
        self.tsa, self.p256 = read(options.tsa_ca), read(options.p256)

    def sha(self, name):
        return sha(self.files[name])

    def json(self, name):
        return json.loads(self.files[name])

    @property
    def seal(self):
        found = fields(self.files["SEAL.txt"], "drill-evidence-seal v1", SEAL)
        found["run_no"], found["events_count"] = int(found["run_no"]), int(found["events_count"])
        return found

    def lines(self):
        lines = self.files["events.jsonl"].split(b"\n")
        need(lines.pop() == b"", "the last event is torn")
        return lines

    def events(self):
        prev, run = self.sha("intent.json"), self.json("intent.json")["run_id"]
        found = []
        for seq, line in enumerate(self.lines(), 1):
            event = json.loads(line)
            chained = (event["seq"], event["prev"], event["run"], event["v"])
            need(chained == (seq, prev, run, 1), f"the chain breaks at event {seq}")
            prev = sha(line)
            found.append(event)
        return found

    def manifest(self):
        text = self.files["MANIFEST.sha256"].decode("ascii")
        found = re.findall(r"([0-9a-f]{64})  ([^\n]+)\n", text)
        need(found and "".join(f"{s}  {n}\n" for s, n in found) == text, "not of its form")
        names = [name for _, name in found]
        for name in names:
            parts = name.split("/")
            safe = all(re.fullmatch(r"[A-Za-z0-9._@+=,:-]+", part) for part in parts)
            need(safe and not {".", ".."} & set(parts), "an unsafe path")
            need(not LIVE.fullmatch(name) and not OWN.fullmatch(name), f"it may not list {name}")
        need(names == sorted(set(names)), "not in order, or a file twice")
        return {name: digest for digest, name in found}

    def entries(self):
        lines = self.register.split(b"\n")
        need(lines.pop() == b"", "the last line of the register is torn")
        prev, runs, found = ZERO, 0, []
        for n, line in enumerate(lines, 1):
            one = json.loads(line)
            plain = json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            need(plain.encode() == line and one["v"] == 1, f"entry {n} is not in its form")
            need((one["n"], one["prev"]) == (n, prev), f"the register breaks at entry {n}")
            need(one["kind"] in KINDS, "an unknown kind")
            if one["kind"] == "intent":
                runs += 1
                need(one["run_no"] == runs, "the register's runs have a gap")
            prev = sha(line)
            found.append({**one, "sha": prev})
        return found

    def who(self, text, signature, namespace):
        raw = signed(self.files[signature], self.files[text], namespace)
        return fingerprint(raw), who(raw, namespace, self.signers, self.seal["sealed_at"])


# What the provider's own records say -----------------------------------------------------------

LOOKS = re.compile(r"(BatchGet|Describe|Get|Head|List|Lookup|Query|Scan)")
RECORD = {
    "source": "", "id": "", "at": "", "operation": "", "service": "", "request_id": "", "error": "",
    "principal": "", "account": "", "changes": True, "names": [], "text": "",
}  # fmt: skip
NAMED = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}


def no_number(name):
    raise Wrong(f"{name} is no JSON")


def recorded_at(given):
    """Return RFC 3339 in UTC, to the microsecond."""
    if isinstance(given, (int, float)):
        found = datetime.fromtimestamp(given, timezone.utc)
    else:
        found = datetime.fromisoformat(re.sub(r"Z$", "+00:00", str(given)))
        need(found.tzinfo is not None, "a moment without a time zone")
    return found.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def trail(one):
    name, looks = str(one["eventName"]), one.get("readOnly")
    return {
        **RECORD, "source": "cloudtrail", "id": str(one["eventID"]), "at": recorded_at(one["eventTime"]),
        "operation": re.sub(r"_?[0-9]{4}[0-9_]*(v[0-9]+)?$", "", name),
        "service": str(one["eventSource"]).partition(".")[0],
        "request_id": str(one.get("requestID") or ""), "error": str(one.get("errorCode") or ""),
        "principal": str((one.get("userIdentity") or {}).get("arn") or ""),
        "account": str(one.get("recipientAccountId") or ""),
        "changes": not LOOKS.match(name) if looks is None else not looks,
    }  # fmt: skip


def database(one):
    at, what = recorded_at(one["Date"]), str(one["SourceIdentifier"])
    names = [text for text in (what, str(one.get("SourceArn") or "")) if text]
    text = str(one["Message"])
    return {**RECORD, "source": "rds", "id": f"{what} {at}", "at": at, "names": names, "text": text}


def experiment(one):
    state, names = one.get("state") or {}, [str(one["id"]), str(one.get("arn") or "")]
    for target in (one.get("targets") or {}).values():
        names += map(str, target.get("resourceArns") or [])
    return {
        **RECORD, "source": "fis", "id": str(one["id"]),
        "at": recorded_at(one.get("startTime") or one["creationTime"]), "names": [n for n in names if n],
        "text": f"{state.get('status', 'unknown')} {state.get('reason', '')}".strip(),
    }  # fmt: skip


def provided(data):
    found = json.loads(data, parse_constant=no_number)
    if "Records" in found:
        return [trail(one) for one in found["Records"]]
    if "Events" in found:
        return [
            trail(json.loads(one["CloudTrailEvent"], parse_constant=no_number))
            if "CloudTrailEvent" in one
            else database(one)
            for one in found["Events"]
        ]
    need("experiment" in found or "experiments" in found, "records of another form")
    return [experiment(one) for one in found.get("experiments", [found.get("experiment")])]


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def claimed(events):
    named, found = {}, []
    for event in events:
        kind, data = event["type"], event["data"]
        key = data.get("step"), data.get("way")
        if kind == "step.intended":
            named[key] = sorted({*texts(data["change"]), *texts(data["params"])})
        elif kind in ("step.requested", "step.failed"):
            names, asked = named.get(key, []), kind == "step.requested"
            if asked:
                names = names + sorted({*texts(data.get("handle"))})
            made = [one for one in data.get("calls", []) if not LOOKS.match(one["operation"])]
            over = next(
                (
                    e["t"]
                    for e in events[event["seq"] :]
                    if e["type"] in ("step.settled", "step.failed", "step.doubted")
                    and (e["data"]["step"], e["data"]["way"]) == key
                ),
                events[-1]["t"],
            )
            for call in made or ([{"service": "", "operation": ""}] if asked else []):
                try:
                    at = recorded_at(parsedate_to_datetime(call.get("date", "")).isoformat())
                except (ValueError, TypeError):
                    at = event["t"]
                found.append(
                    {
                        "event": event["seq"],
                        "step": key[0],
                        "way": key[1],
                        "at": at,
                        "service": call["service"],
                        "operation": call["operation"],
                        "request_id": call.get("request_id", ""),
                        "status": call.get("status", 0),
                        "until": over,
                        "names": names,
                    }  # fmt: skip
                )
    return found


def apart(one, other):
    when = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (one, other))
    return next(when) - next(when)


def denies(claim, one, accounts):
    service = NAMED.get(claim["service"], claim["service"])
    if (one["service"], one["operation"]) != (service, claim["operation"]):
        return f"by the record this request was {one['service']}:{one['operation']}"
    if one["account"] and one["account"] not in accounts:
        return f"by the record this was in account {one['account']}"
    if abs(apart(one["at"], claim["at"])) > timedelta(seconds=10):
        return f"by the record this was at {one['at']}, not at {claim['at']}"
    if one["error"] and claim["status"] < 400:
        return f"by the record this was refused: {one['error']}"
    if claim["status"] >= 400 and not one["error"]:
        return "by the record this was carried out"
    return ""


def stands(claim, records, accounts):
    asked, slack = claim["request_id"], timedelta(seconds=10)
    same = [one for one in records if asked and one["request_id"] == asked]
    if same:
        wrong = next((why for one in same for why in [denies(claim, one, accounts)] if why), "")
        said = wrong or f"CloudTrail has the same request, at {same[0]['at'][:19]}Z"
        return "contradicted" if wrong else "corroborated", said, [one["id"] for one in same]
    mine = {name for name in claim["names"] if len(name) >= 3}
    effects = [
        one
        for one in records
        if one["source"] != "cloudtrail"
        and claim["status"] < 400
        and -slack <= apart(one["at"], claim["at"])
        and apart(one["at"], claim["until"]) <= slack
        and mine & set(one["names"])
    ]
    if effects:
        first = effects[0]
        said = f"{first['source']} saw the effect, at {first['at'][:19]}Z: {first['text']}"
        return "corroborated", said, [one["id"] for one in effects]
    moments = [one["at"] for one in records if one["source"] == "cloudtrail"]
    if not claim["operation"]:
        why = "the journal names no request to AWS, and no record speaks of its effect"
    elif not asked:
        why = "the journal has no request id: there was no answer"
    elif not moments:
        why = "no records of CloudTrail were given"
    elif claim["at"] > max(moments):
        why = f"the records end before it, at {max(moments)[:19]}Z"
    else:
        why = "no record has its request id; CloudTrail does not log every call"
    return "uncorroborated", why, []


def witness(b, sources, records):
    events, accounts = b.events(), {s["account"] for s in b.json("plan.json")["sites"].values()}
    found, vouched = [], set()
    for claim in claimed(events):
        standing, why, by = stands(claim, records, accounts)
        found.append({"claim": claim, "standing": standing, "why": why, "by": by})
        if standing == "corroborated":
            vouched.update(by)
    ours = {one["principal"] for one in records if one["id"] in vouched and one["principal"]}
    known = {
        call.get("request_id", "")
        for event in events
        if event["type"] in ("step.requested", "step.failed")
        for call in event["data"].get("calls", [])
    }
    others = [
        one
        for one in records
        if one["source"] == "cloudtrail"
        and one["changes"]
        and one["principal"] in ours
        and one["request_id"] not in known
        and events[0]["t"] <= one["at"] <= events[-1]["t"]
    ]
    return {
        "schema": "dr.witness/1", "run_id": b.seal["run_id"], "sources": sources, "claims": found,
        "unclaimed": others,
    }  # fmt: skip


COPIED = (
    "run_id", "drill", "evidence", "overall", "objectives", "original_seal_sha256",
    "original_events_sha256", "renamed", "redacted_with",
)  # fmt: skip
COPY_CHECKS = (4, 5, 6, 8, 15, 16, 1)
ORIGINAL = "original/SEAL.txt"


class Copy(Bundle):
    """A redacted copy: what it says of itself stands where a seal would. It is never verified."""

    @property
    def seal(self):
        found = fields(self.files["REDACTED.txt"], "drill-redacted-copy v1", COPIED)
        return {**found, "status": "complete" if "result.json" in self.files else "incomplete"}


def copy_8(b):
    said, plan = b.seal, b.json("plan.json")
    same = (b.json("intent.json")["run_id"], plan["drill"], plan["simulated"])
    told = (said["run_id"], said["drill"], said["evidence"] == "SIMULATED")
    need(same == told, "the files are those of another run")
    need(b.json("intent.json")["plan_sha256"] == b.sha("plan.json"), "another plan")
    for event in b.events():
        data = event["data"]
        if event["type"] == "samples.anchored":
            prefix = b.files[data["file"]][: data["bytes"]]
            same = len(prefix) == data["bytes"] and sha(prefix) == data["sha256"]
            need(same, f"{data['file']} is not what event {event['seq']} saw of it")
        elif event["type"] == "run.closed":
            need("result.json" in data["digests"], "the closing event names no result")
            for name, digest in data["digests"].items():
                need(b.sha(name) == digest, f"{name} is not what the closing event names")
    overall, objectives = "incomplete", "none"
    if said["status"] == "complete":
        result = b.json("result.json")
        overall = result["verdict"]
        objectives = " ".join(f"{o['id']}={o['verdict']}" for o in result["objectives"]) or "none"
    need((said["overall"], said["objectives"]) == (overall, objectives), "it says something else")
    return True, f"it is a redacted copy of {said['run_id']}, and says what it holds"


def copy_16(b):
    said = b.seal
    if said["original_seal_sha256"] == ZERO:
        return None, "the original was not sealed"
    need(b.sha(ORIGINAL) == said["original_seal_sha256"], "it is the seal of something else")
    seal = fields(b.files[ORIGINAL], "drill-evidence-seal v1", SEAL)
    names = ("run_id", "overall", "objectives")
    need(all(seal[n] == said[n] for n in names), "the seal of the original says something else")
    return True, f"the seal of the original says the same: {said['overall']}"


def copy_1(b):
    if f"{ORIGINAL}.sig" not in b.files:
        return None, "the seal of the original is not signed"
    raw = signed(b.files[f"{ORIGINAL}.sig"], b.files[ORIGINAL], "drill-evidence@v1")
    at = fields(b.files[ORIGINAL], "drill-evidence-seal v1", SEAL)["sealed_at"]
    name = who(raw, "drill-evidence@v1", b.signers, at)
    return name and True, f"the seal of the original is signed by {name or 'nobody known'}"


def check_1(b):
    by = b.seal["signed_by"]
    if by == "nobody":
        need("SEAL.txt.sig" not in b.files, "the seal names nobody, and there is a signature")
        need(b.signers is None, "the seal is not signed")
        return None, "the seal is not signed"
    key, name = b.who("SEAL.txt", "SEAL.txt.sig", "drill-evidence@v1")
    need(key == by, "the seal names another key than it was signed with")
    return name and True, f"the seal is signed by {name or 'nobody known'}"


def check_2(b):
    if "SEAL.txt.approval.sig" not in b.files:
        return None, "nobody has approved it"
    key, name = b.who("SEAL.txt", "SEAL.txt.approval.sig", "drill-approval@v1")
    need(key != b.seal["signed_by"], "the approval was made with the key that sealed it")
    return name and True, f"it is approved by {name or 'nobody known'}"


def check_3(b):
    need(
        b.seal["manifest_sha256"] == b.sha("MANIFEST.sha256"), "the manifest is not the sealed one"
    )
    return True, "the manifest is the sealed one"


def check_4(b):
    listed = b.manifest()
    for name, digest in listed.items():
        need(name in b.files and b.sha(name) == digest, f"not as listed: {name}")
    return True, f"every listed file is as it was ({len(listed)})"


def check_5(b):
    listed = b.manifest()
    extra = [n for n in b.files if n not in listed and not OWN.fullmatch(n)]
    extra += [n for n in b.odd if not LIVE.fullmatch(n)]
    need(not extra, f"not listed: {', '.join(sorted(extra)[:3])}")
    return True, "nothing lies beside what is listed"


def check_6(b):
    return True, f"the chain of {len(b.events())} events is whole, from the intent on"


def check_7(b):
    lines, seal = b.lines(), b.seal
    head = sha(lines[-1]) if lines else b.sha("intent.json")
    need((len(lines), head) == (seal["events_count"], seal["events_head_sha256"]), "another end")
    closings = [n for n, e in enumerate(b.events(), 1) if e["type"] == "run.closed"]
    wanted = [len(lines)] if seal["status"] == "complete" else []
    need(seal["status"] in ("complete", "incomplete") and closings == wanted, "not its status")
    return True, f"the chain ends where the seal says: {seal['status']}"


def check_8(b):
    plan, listed = b.sha("plan.json"), b.manifest()
    need(b.seal["plan_sha256"] == plan == b.json("intent.json")["plan_sha256"], "another plan")
    need(b.seal["intent_sha256"] == b.sha("intent.json"), "another intent")
    for event in b.events():
        data = event["data"]
        if event["type"] == "run.created":
            need(data["plan_sha256"] == plan, "another plan was run")
        elif event["type"] == "samples.anchored":
            prefix = b.files[data["file"]][: data["bytes"]]
            same = len(prefix) == data["bytes"] and sha(prefix) == data["sha256"]
            need(same, f"{data['file']} is not what event {event['seq']} saw of it")
        elif event["type"] == "run.closed":
            needed = {n for n in listed if re.fullmatch(r"samples/.*\.csv|result\.json", n)}
            need(
                needed | {"result.json"} <= set(data["digests"]), "the closing event names too few"
            )
            for name, digest in data["digests"].items():
                need(b.sha(name) == digest, f"{name} is not what the closing event names")
    return True, "plan, samples and result are bound into the chain"


def check_9(b):
    seal, intent, plan = b.seal, b.json("intent.json"), b.json("plan.json")
    need(seal["evidence"] in ("SIMULATED", "real"), "neither real nor simulated")
    sources = [intent, plan] + [e["data"] for e in b.events() if e["type"] == "run.created"]
    if seal["status"] == "complete":
        sources.append(b.json("result.json"))
        need(sources[-1]["run_id"] == seal["run_id"], "the result is of another run")
    need({one["drill"] for one in sources} == {seal["drill"]}, "another drill")
    if "stage.json" in b.files:
        sources.append(b.json("stage.json"))
    played = {one["simulated"] for one in sources}
    need(played == {seal["evidence"] == "SIMULATED"}, "they disagree whether it was simulated")
    numbered = (intent["run_id"], intent["run_no"])
    need(numbered == (seal["run_id"], seal["run_no"]), "the intent is of another run")
    return True, f"every file speaks of run {seal['run_id']}, {seal['evidence']}"


def check_10(b):
    if b.run is None:
        return None, "nobody said which run this should be"
    need(b.run == b.seal["run_id"], f"this is {b.seal['run_id']}")
    return True, "it is the run that was asked for"


def check_11(b):
    if "intent.json.sig" not in b.files:
        return None, "the intent was not signed"
    _, name = b.who("intent.json", "intent.json.sig", "drill-intent@v1")
    return name and True, f"the intent is signed by {name or 'nobody known'}"


def check_12(b):
    if b.register is None:
        return None, "no register was given"
    heads = [one["sha"] for one in b.entries()]
    need(b.head is None or b.head in heads, "the register does not hold the head handed over")
    return True, f"the register's chain is whole: {len(heads)} entries"


def check_13(b):
    if b.register is None:
        return None, "no register was given"
    seal = b.seal
    mine = [one for one in b.entries() if one["run_id"] == seal["run_id"]]
    kinds = defaultdict(list)
    for one in mine:
        kinds[one["kind"]].append(one)
    intents = [(one["sha256"], one["run_no"]) for one in kinds["intent"]]
    need(intents == [(b.sha("intent.json"), seal["run_no"])], "another intent is registered")
    need(mine[0]["kind"] == "intent", "its intent was registered late")
    need(kinds["seal"], "no seal is registered")
    *older, last = kinds["seal"]
    need((last["sha256"], last["note"]) == (b.sha("SEAL.txt"), seal["status"]), "another seal")
    need(last["prev"] == seal["register_prev_sha256"], "registered at another place")
    need(all(one["note"] == "incomplete" for one in older), "it was sealed before")
    need(not kinds["abandoned"], "it was abandoned")
    replaced = older[-1]["sha256"] if older else ZERO
    need(seal["replaces_sha256"] == replaced, "it does not replace the seal before")
    later = [n for n in b.files if LATER.fullmatch(n)]
    added = [(one["note"], one["sha256"]) for one in kinds["addendum"] if one["n"] > last["n"]]
    need(sorted(added) == sorted((n, b.sha(n)) for n in later), "what came later differs")
    return True, "intent, seal and what came later are the registered ones"


def check_14(b):
    if b.register is None:
        return None, "no register was given"
    entries = b.entries()
    runs = [one["run_id"] for one in entries if one["kind"] == "intent"]
    ended = {one["run_id"] for one in entries if one["kind"] in ("seal", "abandoned")}
    need(len(set(runs)) == len(runs) and ended <= set(runs), "runs are counted wrongly")
    missing = [run for run in runs if run not in ended]
    need(not missing, f"runs without an outcome: {', '.join(missing[:3])}")
    return True, f"each of {len(runs)} registered runs has an outcome"


def check_15(b):
    if b.seal["status"] != "complete":
        return True, "nothing was concluded: the run is incomplete"
    plan, result = b.json("plan.json"), b.json("result.json")
    figures, rules = concluded(plan, b.events(), b.files)
    verdicts, told = list(rules), {}
    for one in result["objectives"]:
        verdicts.append(one["verdict"])
        if one["metric"] == "phase":
            phase_fits(one, plan)
            continue
        told[one["id"]] = (one["verdict"], one["achieved"])
        target = us(plan["objectives"][one["id"]]["target"]) // 1000
        need(one["target_ms"] == target, f"{one['id']}: another target than planned")
    for id_ in sorted({*figures, *told}):
        if figures.get(id_) != told.get(id_):
            raise Wrong(f"{id_} computed again: {figures.get(id_)}, recorded: {told.get(id_)}")
    overall = min(verdicts, key=WORST.index, default="invalid")
    need(result["verdict"] == overall, f"the verdict should be {overall}")
    return (
        True,
        f"recovery time, recovery point and verdict, computed again, are the same: {overall}",
    )


def phase_fits(one, plan):
    target = us(plan["objectives"]["phases"][one["about"]])
    need(one["target_ms"] == target // 1000, f"{one['id']}: another target than planned")
    got = one["achieved"]
    if got is not None and one["verdict"] == "pass":
        fits = got["upper_ms"] is not None and got["upper_ms"] <= -(-target // 1000)
        need(fits, f"{one['id']} cannot have passed")
    need(got is not None or one["verdict"] != "pass", f"{one['id']} cannot have passed")


def check_16(b):
    seal, events = b.seal, b.events()
    if seal["status"] == "complete":
        result = b.json("result.json")
        objectives = " ".join(f"{o['id']}={o['verdict']}" for o in result["objectives"])
        said = (result["verdict"], objectives or "none", result["started"], result["ended"])
    else:
        ends = (events[0]["t"], events[-1]["t"]) if events else (seal["started"], seal["ended"])
        said = ("incomplete", "none", *ends)
    need(
        (seal["overall"], seal["objectives"], seal["started"], seal["ended"]) == said, "it differs"
    )
    return True, f"the seal says what the evidence says: {seal['overall']}"


def check_17(b):
    names = sorted(n for n in b.files if n.startswith("addenda/"))
    count, before, unknown = len({n.split("/")[1] for n in names}), b.sha("SEAL.txt"), 0
    for number in range(1, count + 1):
        place = f"addenda/{number:04d}"
        text = f"{place}/ADDENDUM.txt"
        one = fields(b.files[text], "drill-addendum v1", ADDENDUM)
        parts = {text, f"{place}/{one['file']}"}
        if one["signed_by"] != "nobody":
            parts.add(f"{text}.sig")
            key, name = b.who(text, f"{text}.sig", "drill-addendum@v1")
            need(key == one["signed_by"], f"addendum {number} names another key")
            unknown += name is None
        said = [one[n] for n in ADDENDUM[:4]] + [one["file_sha256"]]
        true = [b.seal["run_id"], str(number), b.sha("SEAL.txt"), before]
        need(said == [*true, b.sha(f"{place}/{one['file']}")], f"addendum {number} does not follow")
        there = {n for n in names if n.startswith(f"{place}/")}
        need(there == parts, f"addendum {number} has files that it does not name")
        before = b.sha(text)
    return (True if count and not unknown else None), f"{count} addenda"


def existed(b, stamp, text):
    """Return the moment a timestamp names, and why it was not checked ("" if it was)."""
    data = b.files[text + ".sig"] if text + ".sig" in b.files else b.files[text]
    at = stamped(b.files[stamp], data, b.tsa)
    return at, "" if b.tsa is not None else "no certificate of the authority was given"


def told(text, unchecked):
    return (None, f"not checked ({unchecked}): {text}") if unchecked else (True, text)


def check_18(b):
    if "intent.json.tsr" not in b.files:
        return None, "the intent has no timestamp"
    at, unchecked = existed(b, "intent.json.tsr", "intent.json")
    began = b.seal["started"]
    late = seconds(at) - seconds(began)
    need(late <= 60, f"the intent existed at {at}, after the run had begun at {began}")
    if late > 0:
        unchecked = unchecked or "within what clocks differ"
    return told(f"the intent existed at {at}, the run began at {began}", unchecked)


def check_19(b):
    if "SEAL.txt.tsr" not in b.files:
        return None, "the seal has no timestamp"
    at, unchecked = existed(b, "SEAL.txt.tsr", "SEAL.txt")
    names = b.seal["sealed_at"]
    need(seconds(at) - seconds(names) >= -60, f"the seal existed at {at}, and names {names}")
    return told(f"the seal existed at {at}, it names {names}", unchecked)


def check_20(b):
    if "SEAL.txt.p256.sig" not in b.files:
        return None, "there is no signature of a P-256 key"
    if b.p256 is None:
        return told("there is a signature of a P-256 key", "no public key was given")
    key = inside(elements(pem(b.p256, "PUBLIC KEY")[0])[0])
    need(inside(key[0])[1][1] == P256, "the key that was given is no P-256 key")
    need(
        ecdsa(key, b.files["SEAL.txt.p256.sig"], b.files["SEAL.txt"], "sha256"),
        "the P-256 signature is not of this seal and that key",
    )
    return True, "the seal is signed with the P-256 key"


def check_21(b):
    places = sorted({n.split("/")[1] for n in b.files if n.startswith("addenda/")})
    found = [place for place in places if f"addenda/{place}/witness.json" in b.files]
    for place in found:
        text = b.files[f"addenda/{place}/witness.json"]
        sources, records = json.loads(text)["sources"], []
        for source in sources:
            need(set(source) == {"file", "sha256", "records"}, "its sources are not of their form")
            there = (f"addenda/{n}/{source['file']}" for n in places[: places.index(place)])
            data = next(
                (b.files[n] for n in there if n in b.files and b.sha(n) == source["sha256"]), None
            )
            need(
                data is not None and source["file"] != "ADDENDUM.txt",
                f"{source['file']} is not there",
            )
            some = provided(data)
            need(len(some) == source["records"], f"{source['file']} holds another number")
            records += some
        again = witness(b, sources, records)
        need(
            canonical(again) == text, f"the attached records do not say what addendum {place} says"
        )
    return bool(found) or None, f"{len(found)} witnesses say what the attached records say"


def read(path):
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


def clean(text):
    return "".join(c if c.isprintable() else "?" for c in text)[:300]


def main():
    parser = argparse.ArgumentParser(description="Check the evidence of a drill.")
    parser.add_argument("bundle")
    for name in ("--signers", "--register", "--head", "--run", "--tsa-ca", "--p256"):
        parser.add_argument(name)
    options = parser.parse_args()
    if not os.path.isdir(options.bundle):
        parser.error("the bundle is not a directory")
    found, answers, numbers = Bundle(options), {}, range(1, 22)
    copy = "REDACTED.txt" in found.files and "SEAL.txt" not in found.files
    if copy:
        found, numbers = Copy(options), COPY_CHECKS
    for number in numbers:
        try:
            check = copy and globals().get(f"copy_{number}") or globals()[f"check_{number}"]
            ok, text = check(found)
        except Unknown as error:
            ok, text = None, f"not checked ({error})"
        except KeyError as error:
            ok, text = False, f"there is no {error.args[0]}"
        except Exception as error:  # hostile bytes must not end the checking
            ok, text = False, str(error) or type(error).__name__
        answers[number] = ok
        print({True: "ok  ", False: "FAIL", None: "--  "}[ok], f"{number:2}", clean(text))
    if False in answers.values():
        print("NOT VERIFIED")
        return 1
    if copy:
        print("CONSISTENT, AND A REDACTED COPY: who holds the original can make it again")
        return 4
    if any(answers[number] is None for number in ESSENTIAL):
        print(
            "CONSISTENT, BUT NOT VERIFIED: nothing to check the signature or the register against"
        )
        return 4
    print("VERIFIED")
    return 0


if __name__ == "__main__":
    sys.exit(main())
