#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/ledger/history.hpp"

namespace skerry::coordinator::ledger {

/// All that the ledger knows of a round.
struct RoundStory {
    RoundRow round;
    std::vector<UpdateRow> counted;    ///< or gathered so far, while it is open
    std::vector<RefusalRow> refused;   ///< while it gathered
    std::vector<UpdateRow> set_aside;  ///< accepted while it gathered, and never to be counted
    std::vector<UpdateRow> left_over;  ///< waited when it ended, for the rounds after it
    std::optional<AlarmRow> alarm;     ///< that made it an early one
};

/// Why a round went as it did, in sentences.
struct RoundReasons {
    std::vector<std::string> course;     ///< why it closed when it did, and what came of it
    std::vector<std::string> counted;    ///< each update with its weight, and what lowered that
    std::vector<std::string> refused;    ///< each with its reason
    std::vector<std::string> set_aside;  ///< each with its reason
    std::vector<std::string> left_over;  ///< each with what became of it
};
[[nodiscard]] RoundReasons reasons_of(const RoundStory& story);

/// "its 5 updates (20.0 MB) were erased at …, as limits.rounds_verifiable says"; empty: they are kept.
[[nodiscard]] std::string erasure_of(const RoundRow& round, const std::vector<UpdateRow>& counted);

}  // namespace skerry::coordinator::ledger
