"""The catalogue of probes and of marks: kind → where its class is."""

PROBES: dict[str, str] = {
    "aws.cloudwatch.alarm": "dr.probes.aws_cloudwatch_alarm:CloudwatchAlarm",
    "aws.elb.target_health": "dr.probes.aws_elb_target_health:ElbTargetHealth",
    "aws.rds.cluster_status": "dr.probes.aws_rds_cluster_status:RdsClusterStatus",
    "command": "dr.probes.command:Command",
    "dns.resolve": "dr.probes.dns_resolve:DnsResolve",
    "http.get": "dr.probes.http_get:HttpGet",
    "http.json": "dr.probes.http_json:HttpJson",
    "sql.query": "dr.probes.sql_query:SqlQuery",
    "tcp.connect": "dr.probes.tcp_connect:TcpConnect",
}

MARKS: dict[str, str] = {
    "dynamodb.marks": "dr.probes.dynamodb_marks:DynamodbMarks",
    "http.marks": "dr.probes.http_marks:HttpMarks",
    "s3.marks": "dr.probes.s3_marks:S3Marks",
    "sql.marks": "dr.probes.sql_marks:SqlMarks",
}
