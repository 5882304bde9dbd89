path "§{path}" {
  capabilities = ["read"]
}
