# tests/engines/merge.awk - `awk -f merge.awk KEPT NEW`: TABLE.md of the sections of both, as table.awk makes them, NEW's in
# place of KEPT's of the same engine, release and mode, whatever its version; before them what each section counts.

BEGIN {
	release_order = " bookworm trixie sid "
	engine_order = " podman podman-rootless buildah ctr cri docker swarm config "
}

FNR == 1 {
	file++
	key = ""
}

# ## ENGINE VERSION (RELEASE, MODE)
/^## / {
	key = $2 SUBSEP $4 SUBSEP $5
	if (file == 2 && !(key in renewed)) {
		renewed[key] = 1
		delete text[key]
	}
	if (!(key in known)) {
		known[key] = 1
		keys[++n_keys] = key
	}
	title[key] = $2 " " $3
	place[key] = $4 " " $5
	columns = 0
	forget(key)
}

key != "" {
	text[key] = text[key] $0 "\n"
}

function forget(key,   i) {
	total[key] = worse[key] = 0
	for (i in ok)
		if (index(i, key SUBSEP) == 1)
			delete ok[i]
}

key != "" && /^\| step \|/ {
	columns = split($0, column, / *\| */) - 1
	next
}

# | STEP | CELL | CELL ... |: a name has no bar.
key != "" && columns && /^\| / && !/^\| --- / {
	split($0, cell, / *\| */)
	total[key]++
	best = husk = 0
	for (i = 3; i <= columns; i++) {
		if (cell[i] != "?")
			ok[key, column[i]] += cell[i] == "ok"
		if (cell[i] != "ok")
			continue
		if (column[i] == "husk")
			husk = 1
		else
			best = 1
	}
	worse[key] += best && !husk
}

function rank(key,   part) {
	split(key, part, SUBSEP)
	return sprintf("%04d %04d %s", position(release_order, part[2]), position(engine_order, part[1]), part[3])
}

function position(order, word,   p) {
	gsub(/[(),]/, "", word)
	p = index(order, " " word " ")
	return p ? p : 999
}

function count(key, runtime) {
	return (key, runtime) in ok ? ok[key, runtime] : "?"
}

END {
	for (i = 2; i <= n_keys; i++) {
		for (k = i; k > 1 && rank(keys[k]) < rank(keys[k - 1]); k--) {
			swap = keys[k]
			keys[k] = keys[k - 1]
			keys[k - 1] = swap
		}
	}
	print "# Engines\n"
	print "Made by `make test-engines WRITE=1`. Each step checks what the container sees. **no**: the step fails;"
	print "**-**: not possible here; ?: not run; what was said stands below. The last column of the first table counts"
	print "steps that husk fails, or cannot do, and crun or runc can.\n"
	print "| engine | Debian, cgroups | steps | husk | crun | runc | husk fails what another does |"
	print "| --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= n_keys; i++) {
		key = keys[i]
		gsub(/[()]/, "", place[key])
		printf "| %s | %s | %d | %s | %s | %s | %d |\n", title[key], place[key], total[key],
			count(key, "husk"), count(key, "crun"), count(key, "runc"), worse[key]
	}
	for (i = 1; i <= n_keys; i++) {
		sub(/\n+$/, "\n", text[keys[i]])
		printf "\n%s", text[keys[i]]
	}
}
