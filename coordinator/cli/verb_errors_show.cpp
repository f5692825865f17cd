#include <algorithm>
#include <map>
#include <set>

#include "coordinator/cli/error_query.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

using Classes = std::set<std::uint64_t>;

/// Those that are confused most, whether as the truth or as what was answered.
Classes most_confused(Value errors, std::uint64_t count) {
    std::map<std::uint64_t, std::uint64_t> involved;
    for (const Value pair : errors["pairs"].items()) {
        for (const char* side : {"truth", "predicted"})
            involved[pair[side].count().value_or(0)] += pair["count"].count().value_or(0);
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> most(involved.begin(), involved.end());
    std::stable_sort(most.begin(), most.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    Classes classes;
    for (const auto& [index, errors_of] : most) {
        if (classes.size() < count) classes.insert(index);
    }
    return classes;
}

void render_confusion(Value errors, std::uint64_t count, Output& output) {
    std::map<std::uint64_t, std::string> names;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> counts;
    for (const Value pair : errors["pairs"].items()) {
        const std::uint64_t truth = pair["truth"].count().value_or(0);
        const std::uint64_t predicted = pair["predicted"].count().value_or(0);
        names[truth] = text_in(pair["truth_name"]);
        names[predicted] = text_in(pair["predicted_name"]);
        counts[{truth, predicted}] = pair["count"].count().value_or(0);
    }
    const Classes classes = most_confused(errors, count);
    std::uint64_t left_out = errors["other"].count().value_or(0);
    for (const auto& [pair, errors_of] : counts) {
        if (classes.count(pair.first) == 0 || classes.count(pair.second) == 0) left_out += errors_of;
    }
    output.line(count_in(errors["total"]) + " errors of " + count_in(errors["labelled"]) + " labelled answers",
                Tone::Heading);
    if (classes.empty()) return output.line("no confused classes: no counted update has named any");
    std::vector<std::pair<std::string, Column>> columns = {{"TRUTH / ANSWERED", Column::Flexible}};
    for (const std::uint64_t predicted : classes)
        columns.emplace_back(names[predicted], Column::Right);
    Table matrix(std::move(columns));
    for (const std::uint64_t truth : classes) {
        std::vector<Cell> row = {Cell(names[truth])};
        for (const std::uint64_t predicted : classes) {
            const auto found = counts.find({truth, predicted});
            row.emplace_back(truth == predicted ? "\\" : found == counts.end() ? "." : human_count(found->second));
        }
        matrix.row(std::move(row));
    }
    output.gap();
    output.print(matrix);
    output.gap();
    output.line(human_count(left_out) + " errors in other class pairs");
}

}  // namespace

// skerry errors show --since 24h
void add_errors_show(CLI::App& errors, Verb& chosen) {
    struct Arguments {
        ErrorQuery query;
        std::uint64_t classes = 10;
    };
    auto arguments = std::make_shared<Arguments>();
    auto* verb = errors.add_subcommand("show", "Which class is taken for which, as a matrix of the most confused");
    add_error_query(*verb, arguments->query);
    add_number(*verb, "--classes", arguments->classes, "How many classes, at least 2 (10)");
    verb->callback([&chosen, arguments] {
        chosen = [arguments](Session& session) {
            const auto target = error_target(arguments->query, session.coordinator);
            if (!target) return session.output.failed(target.error());
            return session.output.report(session.coordinator.get(*target), [&](Value found) {
                render_confusion(found, std::max<std::uint64_t>(arguments->classes, 2), session.output);
            });
        };
    });
}

}  // namespace skerry::cli
