# After a reboot Docker starts every container at once, and an engine counts memory that another takes while it
# measures as its own. So this one waits, but not for ever: without the other it serves all the same.
end=$(($(date +%s) + §{seconds}))
until python3 -c "import urllib.request as u; u.urlopen('§{url}', timeout=5)" 2>/dev/null ||
    [ "$(date +%s)" -ge "$end" ]; do
    sleep 5
done
