"""The orders service, as small as it can be: enough for every sample drill to measure.

GET /alive           the process is there (load balancer)
GET /health          the database takes writes (users, Route 53)
GET /items/KEY       an item of the table that the parameter TABLE_PARAMETER names
GET /docs/KEY        an object of the bucket
PUT /marks/RUN/SEQ   {"sent_us": N}: a numbered write, acknowledged once it is committed
GET, DELETE /marks/RUN
"""
# A script for an instance, not a part of `dr`.
# ruff: noqa: ANN001, ANN002, ANN201, BLE001, INP001, N815, TID251

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import boto3
import pymysql

aws = boto3.session.Session(region_name=os.environ["REGION"])
ssm, dynamodb, s3, rds, secrets = map(
    aws.client, ("ssm", "dynamodb", "s3", "rds", "secretsmanager")
)
TABLES = (
    "CREATE TABLE IF NOT EXISTS marks (run VARCHAR(128), seq BIGINT, sent_us BIGINT, KEY (run))",
    "CREATE TABLE IF NOT EXISTS beat (id INT PRIMARY KEY, at DOUBLE)",
)
tables_made = threading.Event()


def sql(*statements):
    """Run statements in one transaction on the cluster's writer; return the last one's rows.

    The database comes minutes after the first instance, so the tables are made when they are first
    needed; a replica refuses that, and is then rightly called unwell.
    """
    cluster = rds.describe_db_clusters(DBClusterIdentifier=os.environ["CLUSTER"])["DBClusters"][0]
    password = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    connection = pymysql.connect(
        host=cluster["Endpoint"],
        port=cluster["Port"],
        user=os.environ["NAME"],
        password=password,
        database=os.environ["NAME"],
        connect_timeout=2,
        read_timeout=2,
        write_timeout=2,
    )
    with connection:
        with connection.cursor() as cursor:
            if not tables_made.is_set():
                for text in TABLES:
                    cursor.execute(text)
                tables_made.set()
            for text, values in statements:
                cursor.execute(text, values)
            rows = cursor.fetchall()
        connection.commit()
    return rows


def health():
    sql(("REPLACE INTO beat VALUES (1, %s)", (time.time(),)))
    return 200, {"status": "ok", "region": os.environ["REGION"]}


def item(key):
    table = ssm.get_parameter(Name=os.environ["TABLE_PARAMETER"])["Parameter"]["Value"]
    found = dynamodb.get_item(TableName=table, Key={"pk": {"S": key}}).get("Item")
    return (200, found) if found else (404, {"error": "not found"})


def document(key):
    try:
        return 200, s3.get_object(Bucket=os.environ["BUCKET"], Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return 404, {"error": "not found"}


def marks(method, run, seq, body):
    if method == "PUT" and seq:
        values = (run, int(seq), int(json.loads(body)["sent_us"]))
        sql(("INSERT INTO marks VALUES (%s, %s, %s)", values))
        return 201, {"run": run, "seq": int(seq)}
    if method == "DELETE":
        sql(("DELETE FROM marks WHERE run = %s", (run,)))
        return 200, {"run": run}
    return 200, {"seqs": [r[0] for r in sql(("SELECT seq FROM marks WHERE run = %s", (run,)))]}


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what, _, rest = unquote(self.path.partition("?")[0])[1:].partition("/")
        run, _, seq = rest.partition("/")
        try:
            status, said = {
                "alive": lambda: (200, {}),
                "health": health,
                "items": lambda: item(rest),
                "docs": lambda: document(f"docs/{rest}"),
                "marks": lambda: marks(self.command, run, seq, body),
            }.get(what, lambda: (404, {"error": "not found"}))()
        except (ValueError, KeyError) as error:
            status, said = 400, {"error": repr(error)}
        except Exception as error:  # whatever it is, the service is not well
            status, said = 503, {"error": str(error)}
        said = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT = do_DELETE = answer


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
