#pragma once

#include <optional>
#include <string>
#include <variant>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator::ledger {

/// What became of an update, as its node was or will be told.
struct Fate {
    struct Accepted {
        wire::SignedBytes receipt;
    };
    struct Refused {
        wire::RefusalCode code = wire::RefusalCode::Malformed;
        std::string text;
    };

    Digest content{};
    std::variant<Accepted, Refused> outcome;
};

/// What the pure core asks of the past. It remembers each node's latest update by itself and asks only about older
/// ones.
class LedgerView {
public:
    virtual ~LedgerView() = default;

    /// Nothing: the journal has no such update. Unavailable: it cannot be read now.
    [[nodiscard]] virtual Result<std::optional<Fate>> fate_of(const UpdateId& update) const = 0;
};

}  // namespace skerry::coordinator::ledger
