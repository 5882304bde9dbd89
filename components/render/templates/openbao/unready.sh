        silent) echo "must answer on $BAO_ADDR, got '$said'; its log says why: a self-initialization that failed" \
            "needs a raised aiswarm:vault.generation, an error of seal or listener the file that it names" ;;
        untrusted) echo "must show a certificate of aiswarm:vault.ca_certificate for $BAO_ADDR, got '$said'; renew" \
            "aiswarm:vault.certificate and its key" ;;
        new) echo "must have initialised itself, got a server without data; its log says why" ;;
        sealed) echo "must be unsealed, got sealed; where aiswarm:epochs.vault-seal went up by more than one or down," \
            "set it back to what it was; else the data was sealed with another key than the file in use: put that key" \
            "back and restart the container" ;;
        standby) echo "must be active, got a standby; its log says why: where its audit file could not be opened at" \
            "the first start, make that writable and raise aiswarm:vault.generation; where a device changed, undo it" ;;
