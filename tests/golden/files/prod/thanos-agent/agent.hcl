log_level = "info"

vault {
  address = "https://100.96.197.84:8200"
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
  source = "/agent/templates/vllm-backup/engine_key.ctmpl"
  destination = "/secrets/vllm-backup/engine_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/vllm-backup/version.ctmpl"
  destination = "/secrets/vllm-backup/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/documents/documents_key.ctmpl"
  destination = "/secrets/documents/documents_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/documents/version.ctmpl"
  destination = "/secrets/documents/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/rag/gateway_key.ctmpl"
  destination = "/secrets/rag/gateway_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/rag/rag_key.ctmpl"
  destination = "/secrets/rag/rag_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/rag/version.ctmpl"
  destination = "/secrets/rag/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/sillytavern/login.yaml.ctmpl"
  destination = "/secrets/sillytavern/login.yaml"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/sillytavern/keys.json.ctmpl"
  destination = "/secrets/sillytavern/keys.json"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/sillytavern/version.ctmpl"
  destination = "/secrets/sillytavern/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/gpt-researcher/operator_password.ctmpl"
  destination = "/secrets/gpt-researcher/operator_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/gpt-researcher/gateway_key.ctmpl"
  destination = "/secrets/gpt-researcher/gateway_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/gpt-researcher/version.ctmpl"
  destination = "/secrets/gpt-researcher/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

