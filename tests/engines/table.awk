# tests/engines/table.awk - the lines of the step sets, each with its release before it, as tables of Markdown:
# one for each engine and version, a row a step, a column a runtime.  The last line counts husk's cells.
#
# Needs: runtimes, in the order of the columns, husk among them or not; mode; made: when and where.

# RELEASE STATUS - ENGINE/VERSION/RUNTIME: STEP
/^[a-z]+ (ok|not ok|skip) - / {
	release = $1
	status = $2 == "not" ? "no" : $2 == "skip" ? "-" : "ok"
	line = $0
	sub(/^[a-z]+ (ok|not ok|skip) - /, "", line)
	split(substr(line, 1, index(line, ": ") - 1), part, "/")
	name = substr(line, index(line, ": ") + 2)
	reason = ""
	if ((i = index(name, " # SKIP "))) {
		reason = substr(name, i + 8)
		name = substr(name, 1, i - 1)
	}
	set = part[1] " " part[2] " (" release ", " mode ")"
	runtime = part[3]
	if (!(set in n_steps))
		sets[++n_sets] = set
	if (!((set, name) in seen)) {
		seen[set, name] = 1
		steps[set, ++n_steps[set]] = name
	}
	cell[set, name, runtime] = status
	said[set, name, runtime] = reason
	ran[set, runtime] = 1
	next
}

# What a step that failed had to say.
/^[a-z]+ #   / {
	text = $0
	sub(/^[a-z]+ #   /, "", text)
	gsub(/\/tmp\/tmp\.[A-Za-z0-9]+/, "WORK", text)
	gsub(/[0-9a-f]{64}/, "ID", text)
	gsub(/`/, "'", text)
	said[set, name, runtime] = said[set, name, runtime] (said[set, name, runtime] == "" ? "" : " / ") text
}

function better(set, name,   i, best) {
	best = ""
	for (i = 1; i <= n_runtimes; i++) {
		if (runtime_of[i] != "husk" && cell[set, name, runtime_of[i]] == "ok")
			best = runtime_of[i]
	}
	return best
}

# Steps about husk alone have nobody beside it.
function alone(set,   i) {
	for (i = 1; i <= n_runtimes; i++) {
		if (runtime_of[i] != "husk" && (set, runtime_of[i]) in ran)
			return 0
	}
	return 1
}

# What each had to say, those together that say the same.
function notes_of(set, name,   i, k, who, what, text) {
	for (i = 1; i <= n_runtimes; i++) {
		what = said[set, name, runtime_of[i]]
		if (what == "" || cell[set, name, runtime_of[i]] == "ok" || (what in who))
			continue
		who[what] = runtime_of[i]
		for (k = i + 1; k <= n_runtimes; k++)
			if (said[set, name, runtime_of[k]] == what)
				who[what] = who[what] " " runtime_of[k]
		text = text sprintf("- %s, %s: `%s`\n", name, who[what], substr(what, 1, 400))
	}
	return text
}

function count(set, name,   status) {
	status = cell[set, name, "husk"]
	if (status == "ok")
		passed++
	else if (better(set, name) != "" || (alone(set) && status == "no"))
		failed++
	else
		skipped++
}

END {
	n_runtimes = split(runtimes, runtime_of, " ")
	for (s = 1; s <= n_sets; s++) {
		set = sets[s]
		printf "\n## %s\n\n%s\n\n| step |", set, made
		n_columns = 0
		for (i = 1; i <= n_runtimes; i++) {
			if ((set, runtime_of[i]) in ran)
				column[++n_columns] = runtime_of[i]
		}
		for (i = 1; i <= n_columns; i++)
			printf " %s |", column[i]
		printf "\n| --- |"
		for (i = 1; i <= n_columns; i++)
			printf " --- |"
		printf "\n"
		notes = ""
		for (k = 1; k <= n_steps[set]; k++) {
			name = steps[set, k]
			printf "| %s |", name
			count(set, name)
			for (i = 1; i <= n_columns; i++) {
				r = column[i]
				status = cell[set, name, r]
				printf " %s |", status == "" ? "?" : status == "no" ? "**no**" : status
			}
			printf "\n"
			notes = notes notes_of(set, name)
		}
		if (notes != "")
			printf "\n%s", notes
	}
	printf "test-engines: %d passed, %d failed, %d skipped\n", passed, failed, skipped
}
