"""AWS steps through the engine: beside the same calls of a kept boto3 client, and beside a peer's.

Beside boto3: the endpoint answers from a process of its own and knows one parameter, so that a
simulator's own work does not hide ours. A step is three calls: look, set, look; whose credentials
they are is asked once per run. The client beside it is boto3's as it comes, made once and kept.

Beside the peer: moto in a process of its own. The peer's activity is one question, kept in memory;
the step of ours that is held against it is a check that asks the same, through engine and journal.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peer import Peer
from benchmarks.rows import Rows
from benchmarks.toy import ACCOUNT, REGION, engine_of, moments, plan_of
from dr.actions.ssm_set_parameter import SsmSetParameter
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.event import StepSettled
from dr.model.plan import StepClass
from dr.ports import Check, Outcome

STEPS = 100
ROUNDS = 5
CANNED = """
import http.server, json, sys
ACCOUNT = sys.argv[1]
WHO = ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
       "<GetCallerIdentityResult><Arn>arn:aws:iam::" + ACCOUNT + ":root</Arn><UserId>u</UserId>"
       "<Account>" + ACCOUNT + "</Account></GetCallerIdentityResult>"
       "</GetCallerIdentityResponse>").encode()
values = {}
class Canned(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True
    def log_message(self, *args): pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        what = self.headers.get("X-Amz-Target", "").split(".")[-1]
        if what == "GetParameter":
            name = json.loads(body)["Name"]
            answer = {"Parameter": {"Name": name, "Type": "String",
                                    "Value": values.get(name, "a"), "Version": 1}}
        elif what == "PutParameter":
            asked = json.loads(body)
            values[asked["Name"]] = asked["Value"]
            answer = {"Version": 2, "Tier": "Standard"}
        else:
            answer = None
        text = json.dumps(answer).encode() if answer is not None else WHO
        self.send_response(200)
        self.send_header("x-amzn-RequestId", "r")
        kind = "application/x-amz-json-1.1" if answer is not None else "text/xml"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canned)
print(server.server_port, flush=True)
server.serve_forever()
"""
MOTO = """
import threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
"""
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "NO_PROXY": "*",
}


class Nobody(Record):
    pass


class Found(Record):
    count: int


class NoInstances(Check[Aws, Nobody, Found]):
    """Asks what the peer's activity asks."""

    kind = "benchmark.no_instances"
    hand = Aws
    needs = ("ec2:DescribeInstances",)
    params = Nobody
    seen = Found

    def observe(self, hand: Aws, params: Nobody) -> Found:
        filters: Any = [{"Name": "tag:Name", "Values": ["nobody"]}]
        return Found(count=len(hand.ec2.describe_instances(Filters=filters)["Reservations"]))

    def judge(self, params: Nobody, before: Found | None, seen: Found) -> Outcome:
        return Outcome(holds=not seen.count, why="counted", compared=1)


@contextmanager
def serving(program: str) -> Iterator[str]:
    """Yield the endpoint that a program serves from a process of its own."""
    command = [sys.executable, "-c", program, ACCOUNT]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def bare_us(client: Any, prefix: str) -> float:
    """Return µs for the three calls of one step, without anything around them."""
    began = time.perf_counter()
    for n in range(STEPS):
        client.get_parameter(Name=f"/{prefix}/{n}")
        client.put_parameter(Name=f"/{prefix}/{n}", Value="b", Overwrite=True)
        client.get_parameter(Name=f"/{prefix}/{n}")
    return (time.perf_counter() - began) / STEPS * 1e6


def step_us(hand: Aws, acting: Aws, prefix: str) -> float:
    """Return µs per step of a chain of them through engine, brakes and journal."""
    plan = plan_of(STEPS, chained=True, kind=SsmSetParameter.kind, site="primary")
    steps = tuple(
        step.model_copy(update={"params": {"name": f"/{prefix}/{step.id}", "value": "b"}})
        for step in plan.steps
    )
    plan = plan.model_copy(update={"steps": steps})
    with tempfile.TemporaryDirectory() as path:
        engine = engine_of(Path(path), plan, hand, acting, SsmSetParameter())
        engine.run("start")
        settled = moments(engine.journal, StepSettled)
    return (settled[-1] - settled[0]) / (len(settled) - 1)


def check_us(hand: Aws) -> float:
    """Return µs per check of a chain of them, after one change that costs nothing."""
    check: dict[str, Any] = {"klass": StepClass.CHECK, "doubt": None, "reversible": False}
    plan = plan_of(STEPS, chained=True, kind=NoInstances.kind, site="primary", params={}, **check)
    with tempfile.TemporaryDirectory() as path:
        engine = engine_of(Path(path), plan, hand, None, NoInstances())
        engine.run("start")
        settled = moments(engine.journal, StepSettled)
    return (settled[-1] - settled[0]) / (len(settled) - 1)


def at_home() -> None:
    """See to it that no credentials, settings or proxies of this machine's owner are used."""
    os.environ.update(SETTINGS)
    os.environ.pop("AWS_PROFILE", None)


def aws_table(row: Rows) -> None:
    """Print the step beside the bare calls."""
    import boto3.session

    at_home()
    with serving(CANNED) as endpoint:
        hand = Aws(ACCOUNT, REGION, endpoint=endpoint)
        acting = hand.acting_hand()
        kept = boto3.session.Session().client("ssm", region_name=REGION, endpoint_url=endpoint)
        bare_us(kept, "warm")
        step_us(hand, acting, "warm-too")
        pairs = [
            (bare_us(kept, f"bare{n}"), step_us(hand, acting, f"ours{n}")) for n in range(ROUNDS)
        ]
    row("3 calls of a kept boto3 client", f"{statistics.median(b for b, _ in pairs):.0f} µs")
    ratio: Any = statistics.median(ours / bare for bare, ours in pairs)
    took = statistics.median(ours for _, ours in pairs)
    row.judged("AWS step of the same 3 calls", f"{took:.0f} µs", f"{ratio:.2f}x", (ratio, 1.5, "x"))


def peer_table(row: Rows, chaos: Path, home: Path) -> None:
    """Print steps beside the peer's activity, all against one moto."""
    at_home()
    with serving(MOTO) as endpoint:
        peer = Peer(chaos, home, {"AWS_ENDPOINT_URL": endpoint})
        hand = Aws(ACCOUNT, REGION, endpoint=endpoint)
        acting = hand.acting_hand()
        check_us(hand)
        theirs, checks, changes = [], [], []
        for n in range(ROUNDS):
            for step in range(STEPS):
                hand.ssm.put_parameter(Name=f"/{n}/s{step}", Value="a", Type="String")
            theirs.append(peer.describe_us(STEPS, REGION))
            checks.append(check_us(hand))
            changes.append(step_us(hand, acting, str(n)))
    row("Chaos Toolkit, AWS activity of 1 call, moto", f"{statistics.median(theirs):.0f} µs")
    for name, ours in (("AWS check of the same call", checks), ("AWS step of 3 calls", changes)):
        ratio = statistics.median(o / t for o, t in zip(ours, theirs, strict=True))
        said = (f"  {name}", f"{statistics.median(ours):.0f} µs", f"{ratio:.2f}x")
        if ours is checks:
            row.judged(*said, (ratio, 0.4, "x"))
        else:
            row(*said)
