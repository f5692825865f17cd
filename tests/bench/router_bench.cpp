// What routing saves, and whether it keeps its target while the world changes, by the node's own router and executors.
//   router-bench speed|shift MODEL.skm DATA SEED LEARNED RETENTION ROUNDS     a row for each thing measured
//   router-bench speed|shift                                                  the table's head
// The model has learned the first LEARNED images of DATA's training split, shuffled by SEED; the others are new to it.
// ROUNDS: of speed, passes over the test images, in which all take turns; of shift, streams, each with its own dice.
#include <cstdio>
#include <string>

#include "tests/bench/router_replay.hpp"

namespace {

constexpr const char* kSpeedHead =
    "| model | retention asked | heavy right, % | routed right, % | kept, % | not heavy's, % | light / medium / heavy "
    "answer, % | routed, µs | always heavy, µs | saved | LibTorch eager heavy, µs | eager / routed |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|";
constexpr const char* kShiftHead =
    "| model, retention asked | middle third | ε, % | not heavy's, %: before / during / after | overall | audited | "
    "audited / ε, median | worst | fixed knots: before / during / after | overall | heavy answers, %: before / during "
    "/ "
    "after |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|";

}  // namespace

int main(int argc, char** argv) {
    const std::string table = argc > 1 ? argv[1] : "";
    const bool speed = table == "speed";
    if ((!speed && table != "shift") || (argc != 2 && argc != 8)) {
        std::fprintf(stderr, "usage: router-bench speed|shift [MODEL.skm DATA SEED LEARNED RETENTION ROUNDS]\n");
        return 2;
    }
    if (argc == 2) {
        std::puts(speed ? kSpeedHead : kShiftHead);
        return 0;
    }
    const skerry::bench::Arguments arguments{
        argv[2], argv[3], std::stoull(argv[4]), std::stoull(argv[5]), std::stod(argv[6]), std::stoull(argv[7])};
    const auto done = speed ? skerry::bench::measure_speed(arguments) : skerry::bench::measure_shift(arguments);
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return done ? 0 : 1;
}
