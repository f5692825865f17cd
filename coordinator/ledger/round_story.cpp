#include "coordinator/ledger/round_story.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "aggregation/staleness.hpp"
#include "coordinator/ledger/sentences.hpp"

namespace skerry::coordinator::ledger {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string after(TimePoint from, TimePoint to) {
    return number(static_cast<std::uint64_t>(
               std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(to - from).count(), 0))) +
           " s after it opened";
}

std::string called(const std::string& name, const NodeId& node) {
    return name.empty() ? "node " + node.to_text().substr(0, 8) : name;
}

template <class Row>
std::string update(const Row& row) {
    return "update " + number(row.update.sequence.value) + " of " + called(row.name, row.update.node);
}

std::string why_early(const AlarmRow& alarm) {
    const std::string of = alarm.alarm.label_class ? " of class " + number(*alarm.alarm.label_class) : "";
    return called(alarm.name, alarm.node) + " had raised alarm " + number(alarm.alarm.number) + " (its errors" + of +
           " rose), which made it an early round: its quorum was its goal";
}

std::string why_it_closed(const RoundStory& story) {
    const RoundRow& round = story.round;
    const std::string when =
        "It closed at " + skerry::to_text(*round.frozen) + ", " + after(round.opened, *round.frozen) + ", ";
    if (round.accepted >= round.goal)
        return when + "because its goal of " + count_text(round.goal, "update") + " was reached.";
    if (story.alarm && round.accepted >= round.quorum && *round.frozen < round.deadline) {
        return when + "with " + count_text(round.accepted, "update") + ": " + why_early(*story.alarm) + ".";
    }
    return when + "because its time was up: with " + number(round.accepted) + " of the " + number(round.goal) +
           " updates of its goal it had its quorum of " + number(round.quorum) + ".";
}

std::vector<std::string> course_of(const RoundStory& story) {
    const RoundRow& round = story.round;
    if (round.state == "open") {
        std::vector<std::string> course = {"It is open since " + skerry::to_text(round.opened) + " and has " +
                                           count_text(story.counted.size(), "update") + ": it closes with " +
                                           number(story.alarm ? round.quorum : round.goal) + ", or at " +
                                           skerry::to_text(round.deadline) + " with its quorum of " +
                                           number(round.quorum) + "; else it is abandoned then."};
        if (story.alarm) course.push_back(why_early(*story.alarm) + ".");
        return course;
    }
    if (round.state == "abandoned") {
        return {"It was abandoned at " + skerry::to_text(round.ended.value_or(round.deadline)) + ", " +
                    after(round.opened, round.ended.value_or(round.deadline)) + ": " + round.reason + ".",
                "No version came of it, and nothing of it is lost: what it had gathered waits for the next."};
    }
    std::vector<std::string> course;
    if (round.frozen) course.push_back(why_it_closed(story));
    if (round.version) {
        course.push_back("Version " + number(round.version->value) + " came of it at " +
                         skerry::to_text(round.ended.value_or(TimePoint{})) + ": " +
                         count_text(round.accepted, "update") + " of weight " + number(round.weight.value_or(0)) +
                         " on version " + number(round.parent.value_or(ModelVersion{}).value) + ".");
        for (const Tier tier : {Tier::Medium, Tier::Heavy}) {
            const auto covering = std::count_if(story.counted.begin(), story.counted.end(),
                                                [tier](const UpdateRow& row) { return row.tier >= tier; });
            if (static_cast<std::uint64_t>(covering) >= round.recipe.tier_quorum) continue;
            course.push_back("What " + std::string(skerry::name_of(tier)) + " adds took no step: " +
                             count_text(static_cast<std::uint64_t>(covering), "update") + " of the " +
                             number(round.recipe.tier_quorum) + " that rounds.tier_quorum asks for covered it.");
        }
        if (round.erased) course.push_back("It cannot be recomputed: " + erasure_of(round, story.counted) + ".");
    } else {
        course.emplace_back("Its sum is being made; a version comes of it in any case.");
    }
    return course;
}

// "64 each", and why not more.
std::string weight_of(const UpdateRow& row) {
    std::string weight = "weight " + number(row.weight);
    if (row.staleness >= aggregation::kStalenessTable.size()) return weight;
    const std::uint64_t each = aggregation::kStalenessTable[row.staleness];
    if (row.weight % each != 0) return weight;
    const std::uint64_t counted = row.weight / each;
    std::string text = weight + ", " + count_text(counted, "example") + " at " + number(each);
    if (row.staleness > 0) {
        text += " instead of " + number(limits::kWeightUnit) + ", because it is " +
                count_text(row.staleness, "version") + " behind";
    }
    if (counted == 1 && row.examples > 1) {
        text += "; it claimed " + number(row.examples) +
                ", and counts as one: its node is doubted, or its lease lets no more count";
    } else if (counted < row.examples) {
        text +=
            "; it claimed " + number(row.examples) + ", and its lease lets no more than " + number(counted) + " count";
    }
    return text;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %%",
                  whole == 0 ? 0.0 : 100 * static_cast<double>(part) / static_cast<double>(whole));
    return text.data();
}

}  // namespace

std::string erasure_of(const RoundRow& round, const std::vector<UpdateRow>& counted) {
    if (!round.erased) return {};
    std::uint64_t bytes = 0;
    for (const UpdateRow& row : counted)
        bytes += row.bytes;
    return "its " + count_text(counted.size(), "update") + " (" + bytes_text(bytes) + ") were erased at " +
           skerry::to_text(*round.erased) + ", as " + round.erased_by + " says";
}

RoundReasons reasons_of(const RoundStory& story) {
    RoundReasons reasons;
    reasons.course = course_of(story);
    std::uint64_t total = 0;
    for (const UpdateRow& row : story.counted)
        total += row.weight;
    for (const UpdateRow& row : story.counted)
        reasons.counted.push_back(update(row) + ": " + share(row.weight, total) + " (" + weight_of(row) + ").");
    for (const RefusalRow& row : story.refused) {
        reasons.refused.push_back(update(row) + ", at " + skerry::to_text(row.at) + ": " +
                                  std::string(wire::name_of(row.code)) + ": " + row.text + ".");
    }
    for (const UpdateRow& row : story.set_aside)
        reasons.set_aside.push_back(update(row) + ": " + row.set_aside + ".");
    for (const UpdateRow& row : story.left_over) {
        if (row.held) {
            reasons.left_over.push_back(update(row) + ": held, because its node is in quarantine.");
            continue;
        }
        reasons.left_over.push_back(update(row) + (row.version ? ": counted by round " + number(row.round.value) +
                                                                     ", in version " + number(row.version->value) + "."
                                                               : ": still waits to be counted."));
    }
    return reasons;
}

}  // namespace skerry::coordinator::ledger
