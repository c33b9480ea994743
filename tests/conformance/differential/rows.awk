# rows.awk - the rows of `differences`, one "PEER|BUNDLE|FACT" a line; a row without a reason is none.
/^#/ || /^[ \t]*$/ { next }
/^[^ \t]/ { reason = $0; next }
{
	line = $0
	sub(/^[ \t]+/, "", line)
	peers = line
	sub(/ .*/, "", peers)
	sub(/^[^ ]+ +/, "", line)
	bundle = line
	sub(/ .*/, "", bundle)
	sub(/^[^ ]+ +/, "", line)
	if (reason == "" || line == "") {
		print "no reason: " $0
		next
	}
	n = split(peers, peer, ",")
	for (i = 1; i <= n; i++)
		print peer[i] "|" bundle "|" line
}
