#include "coordinator/cli/updates_table.hpp"

#include "coordinator/cli/present.hpp"

namespace skerry::cli {

namespace {

/// How many versions had been published since the one that the update starts from.
std::string staleness_in(Value staleness) {
    const auto versions = staleness.count();
    if (!versions) return kAbsent;
    return *versions == 0 ? "fresh" : std::to_string(*versions) + " behind";
}

}  // namespace

void print_updates(const std::string& heading, Value updates, Output& output) {
    const auto rows = updates.items();
    output.gap();
    output.line(heading + ": " + (rows.empty() ? "none" : human_count(rows.size())), Tone::Heading);
    if (rows.empty()) return;
    double total = 0;
    for (const Value update : rows)
        total += update["weight"].number().value_or(0);
    Table table({{"NODE", Column::Flexible},
                 {"SEQ", Column::Right},
                 {"TIER", Column::Left},
                 {"AGE", Column::Left},
                 {"EXAMPLES", Column::Right},
                 {"WEIGHT", Column::Right},
                 {"SHARE", Column::Right},
                 {"BYTES", Column::Right},
                 {"HASH", Column::Left}});
    for (const Value update : rows) {
        table.row({text_in(update["name"]), count_in(update["sequence"]), text_in(update["tier"]),
                   staleness_in(update["staleness"]), count_in(update["examples"]), count_in(update["weight"]),
                   percent_of(update["weight"], total), bytes_in(update["bytes"]), digest_in(update["content"])});
    }
    output.print(table);
    for (const Value update : rows) {
        if (update["held"].flag().value_or(false)) {
            output.line("Update " + count_in(update["sequence"]) + " of " + text_in(update["name"]) +
                        " is held: its node is in quarantine");
        }
        if (!update["set_aside"].present()) continue;
        output.line("Update " + count_in(update["sequence"]) + " of " + text_in(update["name"]) +
                    " will never count: " + text_in(update["set_aside"]));
    }
}

void print_refusals(Value refusals, Output& output) {
    const auto rows = refusals.items();
    output.gap();
    output.line("Refused: " + (rows.empty() ? "none" : human_count(rows.size())), Tone::Heading);
    if (rows.empty()) return;
    Table table({{"NODE", Column::Flexible},
                 {"SEQ", Column::Right},
                 {"WHEN", Column::Left},
                 {"BYTES", Column::Right},
                 {"HASH", Column::Left},
                 {"CODE", Column::Left},
                 {"WHY", Column::Flexible}});
    for (const Value refusal : rows) {
        table.row({text_in(refusal["name"]), count_in(refusal["sequence"]), age_in(refusal["at"], output.now()),
                   bytes_in(refusal["bytes"]), digest_in(refusal["content"]),
                   text_in(refusal["code"]) + (refusal["strike"].flag().value_or(false) ? " (strike)" : ""),
                   text_in(refusal["text"])});
    }
    output.print(table);
}

}  // namespace skerry::cli
