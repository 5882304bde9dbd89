"""Stand-in for Grafana: signs the operator in, reads what is provisioned, keeps its account in PostgreSQL."""
