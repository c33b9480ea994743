# bench/report - what `make bench` prints and writes of results.
# runs as: user
# any kernel
. "$HUSK_TESTS/lib.sh"

# LABEL N MIN P10 MEDIAN P90 P99 MAX CPU PEAK FAULTS RATE LOW HIGH
cat >results <<'EOF'
run::floor 100 1000 1100 2000 2500 2600 9000 1500 1348 52 0.0 1900 2100
run::husk 100 2000 2100 3000 3500 3600 8000 3000 2824 184 0.0 2850 3150
run::crun 100 9000 9100 12000 25000 26000 90000 6000 4520 720 0.0 9500 15000
state:0:husk 4 800 900 1000 1100 1200 1300 900 2600 109 0.0 800 1300
state:0:crun 4 3000 3100 4000 4100 4200 4300 3900 3400 314 0.0 3000 4300
parallel:16:husk 50 800 900 1000 1100 1200 1300 900 2600 109 300.0 800 1300
parallel:16:crun 50 3000 3100 4000 4100 4200 4300 3900 3400 314 150.0 3000 4300
EOF
echo 'husk 0.1 "quoted"' >environment

# says TEXT NAME
says()
{
	is "$(grep -cF -- "$1" out)" 1 "$2"
}

awk -v json=json -f "$HUSK_TESTS/bench/report.awk" "$HUSK_TESTS/bench/items" "$HUSK_TESTS/bench/targets" \
	environment results >out
is "$?" 0 "it can be made"

says "run: make, run and delete a container" "an item has its heading"
says "    12.0     9.50-15.0" "median and its bounds in milliseconds"
says "0.25 (0.19-0.33) 0.50" "husk's part of crun's time, its bounds, and of its cpu"
says "    109    300" "containers per second"
says "MISSED  time of run husk " "a target that is missed"
says "is 1.500 (1.36-1.66), of cpu 2.000" "by how much, and of processor time"
says "met     time of run husk " "one that is met"
says "?       time of state 0 husk " "one that was not measured often enough"
says "MISSED  rate of parallel 16 husk " "containers per second are to be more"

is "$(jq -c '[.environment.husk, (.results | length), .results[0].medianLow]' json)" \
	'["0.1 \"quoted\"",7,1900]' "the results are JSON"
is "$(jq -c '[.targets[] | .met]' json)" "[false,true,null,false]" "verdicts are, too"

sed 's/^run::/curve:1:/; p; s/^curve:1:/curve:2:/' results >curves
awk -v dir=. -f "$HUSK_TESTS/bench/plot.awk" curves
is "$(grep -c '<polyline' curve.svg)" 3 "a curve is drawn for each runtime"

done_testing
