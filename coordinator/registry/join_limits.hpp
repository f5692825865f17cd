#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

namespace skerry::coordinator {

/// How many attempts to join are looked at. Anybody may knock on the enrolment socket; what is beyond these numbers is
/// answered without any cryptography. Whoever holds a token's id is counted apart from strangers, so that strangers
/// cannot keep a fleet from joining. Volatile: a restart forgets it. Not thread-safe.
class JoinLimits {
public:
    static constexpr std::chrono::seconds kWindow{60};
    static constexpr std::uint32_t kStrangers = 300;  ///< a window, with a token that nobody has made
    static constexpr std::uint32_t kHolders =
        1200;  ///< a window, with a token that exists: nodes repeat their question
    static constexpr std::uint32_t kWrongSecrets = 10;  ///< a window and token

    /// Counts an attempt with a token that exists (its id) or does not (nothing). Nothing: look at it. Else: it is one
    /// too many, and there is room again after this time.
    [[nodiscard]] std::optional<std::chrono::milliseconds> knock(const std::optional<TokenId>& token, TimePoint now);

    /// The attempt did not prove the secret of this token, which exists.
    void wrong_secret(const TokenId& token, TimePoint now);

private:
    struct Count {
        TimePoint since;
        std::uint32_t attempts = 0;

        void renew(TimePoint now);
        [[nodiscard]] std::optional<std::chrono::milliseconds> wait(std::uint32_t most, TimePoint now) const;
    };

    Count strangers_, holders_;
    std::map<TokenId, Count> wrong_;  ///< no more than there are tokens
};

}  // namespace skerry::coordinator
