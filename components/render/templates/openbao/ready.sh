#!/bin/sh
# shellcheck disable=SC2329 # the step is called by its name
# Ends well as soon as the server is active and the program's own id opens it; otherwise says what is wrong.
#
#     printf '%s\n' CURRENT_ID PREVIOUS_ID | sh ready.sh LIMIT_SECONDS [retire]
#
# Where the server knows the previous id only, it is told the current one. Both are good until `retire` ends the previous
# one: only once the program keeps the current one for its next run, or a run cut short would lock it out. Either may be
# repeated. Ids and tokens go through pipes and variables: the arguments of a process are for everyone to see.
set -u
export §{prefix}_MAX_RETRIES=0 §{prefix}_CLIENT_TIMEOUT=5s

: "${§{prefix}_ADDR:?must be set}"

§{seal_keys}
# A server is active a second before it has made the login for itself; refused for longer than this, it never will.
patience=15

limit=$1 step=${2:-enter}
IFS= read -r current || :
IFS= read -r previous || :
if [ -z "$current" ]; then
    echo "vault: the id must stand on the first line of the input, got an empty one" >&2
    exit 2
fi

# Sets `state` to what the server does with requests, and `said` to what it answered.
look() {
    said=$(§{program} status 2>&1)
    case $? in
        0 | 2) ;;
        *)
            said=${said##*\": }
            case $said in
                *x509:* | *tls:*) state=untrusted ;;
                *) state=silent ;;
            esac
            return
            ;;
    esac
    if tells 'Initialized *false'; then
        state=new
    elif tells 'Sealed *true'; then
        state=sealed
    elif tells 'HA Mode *active'; then
        state=active
    else
        state=standby
    fi
}

tells() {
    printf '%s\n' "$said" | grep -q "^$1"
}

# Sets `token` to one for the id; without one, `state` and `said` to why.
open() {
    token=$(printf %s "$1" | §{program} write -field=token auth/§{role}/login role_id=§{role} secret_id=- 2>&1) && return
    case $token in
        *"Code: 400"* | *"Code: 403"*) state=refused ;;
        *) state=failing ;;
    esac
    said=${token##*[*:] }
    return 1
}

# Does with the id what is done at a path of our own role. The answer may repeat the id, so nobody sees it.
tell() {
    printf %s "$2" | §{prefix}_TOKEN=$token §{program} write "auth/§{role}/role/§{role}/$1" secret_id=- >/dev/null 2>&1
}

enter() {
    if ! open "$current"; then
        [ "$state" = refused ] && [ -n "$previous" ] && open "$previous" || return
        tell custom-secret-id "$current" || { state=one_id; return 1; }
        open "$current" || return
    fi
    if [ "$reseal" = true ]; then
        §{prefix}_TOKEN=$token §{program} write -force sys/rotate/root >/dev/null 2>&1 || { state=old_seal; return 1; }
    fi
    leave
}

# An id that the server does not know is no error to it.
retire() {
    [ -n "$previous" ] && [ "$previous" != "$current" ] || return 0
    open "$current" || return
    tell secret-id/destroy "$previous" || { state=two_ids; return 1; }
    leave
}

leave() {
    §{prefix}_TOKEN=$token §{program} token revoke -self >/dev/null 2>&1 || :
}

explain() {
    case $state in
§{unready}        failing) echo "must answer logins, got '$said'; its log says why" ;;
        refused) echo "must know the program's id, got '$said'; where aiswarm:epochs.vault-pulumi-id went up by more" \
            "than one or down, set it back to what it was; where its first start was cut short or the data is not this" \
            "stack's, raise aiswarm:vault.generation (docs/secrets.md, \"Begin anew\")" ;;
        one_id) echo "must take the program's new id from the one before, got a refusal; the audit log has the reason" ;;
        old_seal) echo "must take the new seal key, got a refusal; the audit log has the reason" ;;
        two_ids) echo "must forget the program's previous id, got a refusal; the audit log has the reason" ;;
    esac
}

end=$(($(date +%s) + limit))
§{begin}while :; do
    look
    [ "$state" != active ] || ! "$step" || exit 0
    now=$(date +%s)
    if [ "$state" = refused ] && [ "$end" -gt $((now + patience)) ]; then
        end=$((now + patience))
    fi
    [ "$now" -lt "$end" ] || break
    sleep 0.5
done
echo "vault: $(explain)" >&2
exit 1
