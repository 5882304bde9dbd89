        silent) echo "must answer on $VAULT_ADDR, got '$said'; its log says why: it needs the server of" \
            "aiswarm:vault.transit and a valid aiswarm:vault_transit_token to start" ;;
        untrusted) echo "must show a certificate of aiswarm:vault.ca_certificate for $VAULT_ADDR, got '$said'; renew" \
            "aiswarm:vault.certificate and its key" ;;
        new) echo "must take its first initialisation, got '$said'; its log says why" ;;
        empty) echo "must have its data, got none; put the volume back, or raise aiswarm:vault.generation to begin" \
            "anew" ;;
        bare) echo "must take what its first start needs, got '$said'; mend that and raise aiswarm:vault.generation" ;;
        rooted) echo "must have revoked its root token, got '$said'; raise aiswarm:vault.generation" ;;
        sealed) echo "must be unsealed, got sealed; its log says why: it needs the server of aiswarm:vault.transit," \
            "a valid aiswarm:vault_transit_token and the key that its data was sealed with" ;;
        standby) echo "must be active, got a standby; its log says why" ;;
