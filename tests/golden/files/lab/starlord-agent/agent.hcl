log_level = "info"

vault {
  address = "https://198.18.0.11:8200"
  ca_cert = "/agent/ca.pem"
  retry {
    num_retries = 6
  }
}

auto_auth {
  method "approle" {
    mount_path = "auth/approle"
    # Also how late the agent may be back after the server was away.
    max_backoff = "30s"
    config = {
      role_id_file_path = "/agent/role_id"
      secret_id_file_path = "/run/secrets/secret_id"
      # Read anew at each login, so that a new id needs no restart and a restart finds one.
      remove_secret_id_file_after_reading = false
    }
  }
}

template_config {
  static_secret_render_interval = "60s"
  # An agent does not log in again when its token is refused, e.g. by a server that began anew: it ends, is started
  # again and logs in.
  exit_on_retry_failure = true
}

template {
  source = "/agent/templates/vllm-primary/engine_key.ctmpl"
  destination = "/secrets/vllm-primary/engine_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/vllm-primary/version.ctmpl"
  destination = "/secrets/vllm-primary/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/vllm-secondary/engine_key.ctmpl"
  destination = "/secrets/vllm-secondary/engine_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/vllm-secondary/version.ctmpl"
  destination = "/secrets/vllm-secondary/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

