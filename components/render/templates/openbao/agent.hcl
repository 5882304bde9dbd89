log_level = "info"

vault {
  address = "§{address}"
  ca_cert = "§{ca_file}"
  retry {
    num_retries = 6
  }
}

auto_auth {
  method "approle" {
    mount_path = "auth/§{nodes}"
    # Also how late the agent may be back after the server was away.
    max_backoff = "30s"
    config = {
      role_id_file_path = "§{role_id_file}"
      secret_id_file_path = "§{secret_id_file}"
      # Read anew at each login, so that a new id needs no restart and a restart finds one.
      remove_secret_id_file_after_reading = false
    }
  }
}

template_config {
  static_secret_render_interval = "§{poll_seconds}s"
  # An agent does not log in again when its token is refused, e.g. by a server that began anew: it ends, is started
  # again and logs in.
  exit_on_retry_failure = true
}
§{templates}
