#include "tests/simulation/found_seed.hpp"

#include <charconv>
#include <sstream>
#include <utility>

namespace skerry::simulation {
namespace {

constexpr std::size_t kNodesMin = 2;

/// True: `smaller` breaks the law as well, and takes the place of `plan`.
bool replaces(Plan& plan, const Plan& smaller, std::string_view law) {
    const Outcome outcome = play(smaller);
    if (!outcome.violation || outcome.violation->law != law) return false;
    plan = smaller;
    return true;
}

bool without_a_fault(Plan& plan, std::string_view law) {
    for (const Faults& fewer : plan.faults.each_with_one_less()) {
        Plan smaller = plan;
        smaller.faults = fewer;
        if (replaces(plan, smaller, law)) return true;
    }
    return false;
}

void with_fewer(Plan& plan, std::size_t Plan::*count, std::size_t least, std::size_t most, std::string_view law) {
    for (std::size_t number = least; number < most; ++number) {
        Plan smaller = plan;
        smaller.*count = number;
        if (replaces(plan, smaller, law)) return;
    }
}

template <class Number>
bool parse(std::string_view word, Number& number) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size();
}

// All but the seed, and only what is not as always.
std::string options_of(const Plan& plan) {
    const Plan usual;
    std::string text;
    const auto say = [&text](std::string_view name, const std::string& value) {
        text.append(" --").append(name).append(" ").append(value);
    };
    if (to_text(plan.faults) != to_text(usual.faults)) say("faults", to_text(plan.faults));
    if (plan.nodes != usual.nodes) say("nodes", std::to_string(plan.nodes));
    if (plan.rounds != usual.rounds) say("rounds", std::to_string(plan.rounds));
    if (plan.values != usual.values) say("values", std::to_string(plan.values.back()));
    if (plan.mutation != usual.mutation) say("mutation", std::string(name_of(plan.mutation)));
    return text;
}

bool set(Plan& plan, const std::string& option, const std::string& value) {
    std::uint64_t values = 0;
    if (option == "--nodes") return parse(value, plan.nodes);
    if (option == "--rounds") return parse(value, plan.rounds);
    if (option == "--values") {
        if (!parse(value, values)) return false;
        plan.values = values_of(values);
        return true;
    }
    const auto faults = Faults::parse(value);
    if (option != "--faults" || !faults) return false;
    plan.faults = *faults;
    return true;
}

}  // namespace

Plan shrink(Plan plan, std::string_view law) {
    plan.print = false;
    const std::size_t nodes = plan.nodes != 0 ? plan.nodes : play(plan).nodes;
    while (without_a_fault(plan, law)) {
    }
    with_fewer(plan, &Plan::rounds, 1, plan.rounds, law);
    with_fewer(plan, &Plan::nodes, kNodesMin, nodes, law);
    while (without_a_fault(plan, law)) {
    }
    return plan;
}

std::string arguments_of(const Plan& plan) {
    return "--seed " + std::to_string(plan.seed) + options_of(plan);
}

std::string kept_line(const Plan& plan, const Violation& violation) {
    return std::to_string(plan.seed) + options_of(plan) + "   " + violation.law + ": " + violation.what;
}

Result<std::optional<Plan>> plan_of_line(const std::string& line) {
    std::istringstream words(line);
    std::string word, value;
    if (!(words >> word) || word.front() == '#') return std::nullopt;
    Plan plan;
    bool good = parse(word, plan.seed);
    while (good && words >> word && word.starts_with("--"))
        good = words >> value && set(plan, word, value);
    if (!good) return fail(ErrorCode::InvalidInput, "no seed with its options: " + line);
    return plan;
}

std::array<std::uint64_t, kTiers> values_of(std::uint64_t all) {
    return {all * 3 / 10, all * 6 / 10, all};
}

}  // namespace skerry::simulation
