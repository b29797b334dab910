"""The catalogue of probes and of marks: kind → where its class is."""

PROBES: dict[str, str] = {
    "command": "dr.probes.command:Command",
    "dns.resolve": "dr.probes.dns_resolve:DnsResolve",
    "http.get": "dr.probes.http_get:HttpGet",
    "sql.query": "dr.probes.sql_query:SqlQuery",
    "tcp.connect": "dr.probes.tcp_connect:TcpConnect",
}

MARKS: dict[str, str] = {
    "dynamodb.marks": "dr.probes.dynamodb_marks:DynamodbMarks",
    "http.marks": "dr.probes.http_marks:HttpMarks",
    "s3.marks": "dr.probes.s3_marks:S3Marks",
    "sql.marks": "dr.probes.sql_marks:SqlMarks",
}
