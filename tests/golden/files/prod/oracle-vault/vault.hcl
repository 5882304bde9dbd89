ui = false
log_level = "info"
api_addr = "https://100.96.197.84:8200"
cluster_addr = "https://127.0.0.1:8201"

# Each generation has a folder of its own, so a new start never touches what an earlier one left.
storage "raft" {
  path = "/openbao/file/g1"
  node_id = "vault"
  # One server elects itself; with the default it would wait some seconds for others first.
  performance_multiplier = 1
}

listener "tcp" {
  address = "0.0.0.0:8200"
  cluster_address = "127.0.0.1:8201"
  tls_cert_file = "/run/secrets/tls.pem"
  tls_key_file = "/run/secrets/tls.key"
  tls_min_version = "tls12"
  tls_auto_reload = true
}

# A key id is a name for ever: other bytes under the same id leave the server sealed at its next start.
seal "static" {
  current_key_id = "k1"
  current_key = "file:///run/secrets/seal-k1"
}

# Names of roles are no secret here and an id cannot be guessed, so a lockout would only let anyone who reaches the
# port keep everyone else out with five wrong logins.
user_lockout "approle" {
  disable_lockout = "true"
}

# A device whose options change keeps the server from becoming active: another file needs another name.
audit "file" "stdout" {
  options {
    file_path = "stdout"
  }
}

audit "file" "disk" {
  options {
    file_path = "/openbao/logs/audit.log"
  }
}

# Runs once, on empty storage, and needs the file that holds the id: the program delivers it for the first start of a
# generation only, so a lost data folder never turns into an empty server unnoticed.
initialize "pulumi" {
  request "policy" {
    operation = "update"
    path = "sys/policies/acl/pulumi"
    data = {
      policy = {
        eval_source = "file"
        eval_type = "string"
        path = "/openbao/config/pulumi-policy.hcl"
      }
    }
  }

  request "mount" {
    operation = "update"
    path = "sys/auth/pulumi"
    data = {
      type = "approle"
      description = "The Pulumi program, and nobody else"
    }
  }

  # A token must last as long as the longest run: the first one of a real stack loads large images.
  request "role" {
    operation = "update"
    path = "auth/pulumi/role/pulumi"
    data = {
      token_policies = ["pulumi"]
      token_ttl = "4h"
      token_max_ttl = "8h"
    }
  }

  request "role-id" {
    operation = "update"
    path = "auth/pulumi/role/pulumi/role-id"
    data = {
      role_id = "pulumi"
    }
  }

  request "secret-id" {
    operation = "update"
    path = "auth/pulumi/role/pulumi/custom-secret-id"
    data = {
      secret_id = {
        eval_source = "file"
        eval_type = "string"
        path = "/openbao/bootstrap/secret_id"
      }
    }
  }
}
