#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "coordinator/ledger/journal.hpp"
#include "coordinator/ledger/ledger_view.hpp"

namespace skerry::coordinator::ledger {

/// The journal's twin for tests and simulations, with a disk that fails on demand. Refuses what the tables of the other
/// would: a lease or sequence spent twice, an update counted that does not wait, or that is held. Not
/// thread-safe.
class MemoryJournal final : public Journal, public LedgerView {
public:
    /// How the next append goes. By default each succeeds.
    enum class Disk {
        Works,
        FailsBefore,  ///< nothing is written; the caller gets Unavailable
        FailsAfter,   ///< everything is written; the caller gets Unavailable all the same
    };
    using Chooser = std::function<Disk()>;

    explicit MemoryJournal(Chooser disk = {}) : disk_(std::move(disk)) {}

    Result<Version> append(std::string_view stream, Version expected, const Events& events) override;
    [[nodiscard]] Result<std::vector<Recorded>> read(std::string_view stream, Version after,
                                                     std::size_t max) const override;
    [[nodiscard]] Result<std::optional<Fate>> fate_of(const UpdateId& update) const override;

    /// From here appends succeed but are not durable, as on a disk that lies about its flushes.
    void stop_syncing() { syncing_ = false; }
    /// A power cut: forgets what was appended since stop_syncing(), and syncs again.
    void crash();

    /// For a test that looks at everything.
    [[nodiscard]] const std::vector<Event>& events(std::string_view stream) const;

private:
    struct Stream {
        std::vector<Event> events;
        Version synced = 0;
        std::unordered_set<LeaseId> leases;  ///< spent
        std::map<UpdateId, bool> updates;    ///< accepted; true: waits, or is held
        std::set<NodeId> quarantined;

        [[nodiscard]] Result<> add(const Event& event);
        /// Forgets all events but the first `count`.
        void cut(std::size_t count);
    };

    Chooser disk_;
    bool syncing_ = true;
    std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace skerry::coordinator::ledger
