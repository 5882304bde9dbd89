# Does for a new server what OpenBao does by itself. Root token and recovery share are in variables of this shell and
# nowhere else; at the end the token is revoked and the share is gone. So nobody can ever make another root token, move
# the data to another seal, or open the server by hand: who has lost the program's id raises
# aiswarm:vault.generation. A run that is killed leaves a token that nobody knows.
begin() {
    # Without the file that is there for the first start of a generation only, an empty server has lost its data.
    [ -s §{permit} ] || { state=empty; return 1; }
    # With a time limit of its own: initialised after we gave up on it, the server would be of no use.
    if ! said=$(VAULT_CLIENT_TIMEOUT=60s vault operator init -recovery-shares=1 -recovery-threshold=1 2>&1); then
        said=$(last)
        return 1
    fi
    root=$(printf '%s\n' "$said" | sed -n 's/^Initial Root Token: *//p')
    said='no root token'
    [ -n "$root" ] || return
    trap 'exit 1' HUP INT TERM
    trap 'as_root token revoke -self >/dev/null' EXIT
    while look; [ "$state" != active ]; do
        [ "$(date +%s)" -lt "$end" ] || return
        sleep 0.5
    done
    said=$(furnish) || { state=bare; said=$(last); return 1; }
    as_root token revoke -self >/dev/null
    said=$(as_root token lookup)
    case $said in *"Code: 403"*) ;; *) state=rooted; said=$(last); said=${said:-one that works}; return 1 ;; esac
    trap - EXIT
    root=
}

# Only what goes wrong is heard: an answer may repeat a secret.
as_root() {
    VAULT_TOKEN=$root vault "$@" 2>&1 >/dev/null
}

furnish() {
    as_root audit enable -path=stdout file file_path=stdout &&
        as_root audit enable -path=disk file file_path=§{audit} &&
        as_root policy write §{role} §{policy} &&
        as_root auth enable -path=§{role} -description='The Pulumi program, and nobody else' approle &&
        as_root write auth/§{role}/role/§{role} token_policies=§{role} token_ttl=4h token_max_ttl=8h &&
        as_root write auth/§{role}/role/§{role}/role-id role_id=§{role} &&
        printf %s "$current" | as_root write auth/§{role}/role/§{role}/custom-secret-id secret_id=-
}

# The last line of what was said, which is the reason.
last() {
    printf '%s\n' "$said" | sed -n '$s/^[* ]*//p'
}

while look; [ "$state" = silent ] && [ "$(date +%s)" -lt "$end" ]; do sleep 0.5; done
if [ "$state" = new ] && ! begin; then
    echo "vault: $(explain)" >&2
    exit 1
fi

