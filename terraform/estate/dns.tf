resource "aws_route53_zone" "this" {
  provider = aws.primary
  name     = var.domain
  comment  = "Sample estate for disaster-recovery drills"
}

# The health check asks the primary load balancer by its own name: asked by the service's name, it
# would follow the failover and call the primary healthy again.
resource "aws_route53_health_check" "primary" {
  provider = aws.primary

  fqdn              = module.primary.alb_dns
  port              = var.service_port
  type              = "HTTP"
  resource_path     = "/health"
  request_interval  = 10
  failure_threshold = 3

  tags = {
    Name = "${local.name}-primary"
  }
}

resource "aws_route53_record" "primary" {
  provider = aws.primary

  zone_id         = aws_route53_zone.this.zone_id
  name            = local.service_name
  type            = "A"
  set_identifier  = "primary"
  health_check_id = aws_route53_health_check.primary.id

  failover_routing_policy {
    type = "PRIMARY"
  }

  alias {
    name                   = module.primary.alb_dns
    zone_id                = module.primary.alb_zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "standby" {
  provider = aws.primary

  zone_id        = aws_route53_zone.this.zone_id
  name           = local.service_name
  type           = "A"
  set_identifier = "standby"

  failover_routing_policy {
    type = "SECONDARY"
  }

  alias {
    name                   = module.standby.alb_dns
    zone_id                = module.standby.alb_zone_id
    evaluate_target_health = true
  }
}
