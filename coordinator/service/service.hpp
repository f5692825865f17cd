#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/http/server.hpp"
#include "common/storage/disk_blob_store.hpp"
#include "common/transport/router.hpp"
#include "coordinator/admin/admin_api.hpp"
#include "coordinator/admin/admin_host.hpp"
#include "coordinator/ledger/needed_blobs.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "coordinator/models/model_store.hpp"
#include "coordinator/round/examined_updates.hpp"
#include "coordinator/service/action_queue.hpp"
#include "coordinator/service/config.hpp"
#include "coordinator/service/directory.hpp"
#include "coordinator/service/high_water.hpp"
#include "coordinator/service/metrics.hpp"
#include "coordinator/service/seldom.hpp"
#include "coordinator/service/worker.hpp"

namespace skerry::coordinator {

/// A running coordinator: the pure core with its sockets, stores, timers and workers. Everything happens on the
/// loop's thread, except what a worker is handed. Exactly one process can run on a directory.
class Service final : public AdminHost {
public:
    /// Reads the ledger back, binds the sockets, writes DIR/endpoints.json, and goes on with the round that it was in.
    /// NotFound: no federation in the directory. Conflict: another coordinator runs on it. PermissionDenied: keys that
    /// others may read. InvalidInput: an address that is none. Unavailable: a port is taken, a store cannot be opened.
    [[nodiscard]] static Result<std::unique_ptr<Service>> start(boost::asio::io_context& loop,
                                                                const Directory& directory, CoordinatorConfig config);
    ~Service() override;

    /// Hears no more messages, finishes what has begun, then calls `done`. A round that is being summed is summed again
    /// at the next start.
    void drain(std::function<void()> done);

    [[nodiscard]] const Federation& federation() const override { return *federation_; }
    [[nodiscard]] const ledger::History& history() const override { return history_; }
    [[nodiscard]] const parameters::ModelSpec& model_spec() const override { return spec_; }
    [[nodiscard]] Endpoints endpoints() const override { return endpoints_; }
    [[nodiscard]] TimePoint started_at() const override { return started_; }
    [[nodiscard]] std::string metrics_text() override;
    void create_token(const TokenWish& wish, std::function<void(Result<MadeToken>)> done) override;
    void revoke_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) override;
    void quarantine_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) override;
    void release_node(const NodeId& node, bool discard, std::function<void(Result<>)> done) override;
    void roll_back(const RollbackWish& wish, std::function<void(Result<>)> done) override;
    void pin_version(const std::string& reason, std::function<void(Result<>)> done) override;
    void unpin_version(std::function<void(Result<>)> done) override;
    void promote_version(const std::string& reason, std::function<void(Result<>)> done) override;
    void verify(RoundEvidence evidence, std::function<void(Result<Verification>)> done) override;
    void fsck(std::function<void(Result<Findings>)> done) override;
    void prove_journal(std::optional<ledger::NotedHead> noted, std::function<void(Result<JournalProof>)> done) override;
    void list_entries(ledger::EntryFilter filter, std::size_t limit,
                      std::function<void(Result<std::vector<ledger::EntryRow>>)> done) override;
    void export_model(const ledger::VersionRow& version, Tier tier, const std::string& plan,
                      std::function<void(Result<std::string>)> done) override;

private:
    struct Parts;  // what start() opens before there is a service
    Service(boost::asio::io_context& loop, Parts parts);

    // service_start.cpp
    [[nodiscard]] Result<> fold_journal();
    [[nodiscard]] Result<> collect_strays(const ledger::NeededBlobs& needed);
    [[nodiscard]] Result<> load_newest();
    /// Any thread. These weights and their encodings, in the store's memory from here on; what they are offered in.
    [[nodiscard]] Result<std::vector<wire::EncodedWeights>> put_in_memory(const Digest& weights);
    /// Any thread. The newest weights with those of `old` from the tier on, and likewise what the optimiser remembers;
    /// stored.
    [[nodiscard]] Result<JoinedWeights> join(const Federation::Version& newest, const Federation::Version& old,
                                             Tier from);
    /// Of a rollback that came to nothing: what was stored for it.
    void erase_unless_held(const OperatorRollsBack& order);
    /// Any thread. None where they are not wanted, or `base` was dropped.
    [[nodiscard]] Result<std::vector<wire::EncodedDifference>> put_differences(const Digest& base, const Digest& newest,
                                                                               const KnownDigests& digests = {});
    void return_newest_to_memory();
    [[nodiscard]] http::ServerOptions server_options();
    [[nodiscard]] Result<> open_sockets();
    [[nodiscard]] Result<> open_admin();
    void advertise();

    // service.cpp
    void deliver(const Event& event);
    void take(Actions actions);
    void settle();
    void perform(const Action& action);
    void perform(const Send& order);
    void perform(const SendModel& order);
    void perform(const ReplyToJoin& order);
    void perform(const CheckUpdate& order);
    void perform(const SumRound& order);
    [[nodiscard]] bool keeps_memory() const;
    void give_back_soon();
    void perform(const EraseVersion& order);
    void perform(const EraseUpdates& order);
    void add_updates_of(RoundId round, std::vector<Digest>& blobs) const;
    void erase(std::vector<Digest> blobs);
    void perform(const Answer& order);
    void perform(const Ignored& order);
    void on_fleet(const transport::Sender& sender, const transport::Frames& frames);
    void on_enrol(const transport::Sender& sender, const transport::Frames& frames);
    void finish_drain();
    // service_audit.cpp
    void complete(Findings& findings, ModelVersion newest_then) const;
    void reclaim_space();
    void reclaim_drafts();
    void on_full(std::string_view socket, bool full);
    void log_denial(const NodeId& node, const wire::Denied& denied);

    boost::asio::io_context& loop_;
    DirectoryLock lock_;
    Directory directory_;
    CoordinatorConfig config_;
    DirectoryKeys keys_;
    TimePoint started_;
    ledger::SqliteJournal journal_;
    ledger::Version journal_version_ = 0;  ///< on disk
    HighWater high_water_;
    ledger::History history_;
    std::unique_ptr<storage::DiskBlobStore> blobs_;
    ModelStore models_;
    DraftHashes draft_hashes_;  ///< writer_ adds, worker_ asks
    ExaminedUpdates examined_;  ///< worker_'s
    parameters::ModelSpec spec_;
    parameters::ParameterLayout layout_;
    std::unique_ptr<Federation> federation_;
    CoordinatorMetrics metrics_;
    Endpoints endpoints_;
    std::map<Ticket, std::function<void(Result<>)>> answers_;
    Ticket next_ticket_ = 1;
    std::size_t erased_ = 0;
    bool reclaiming_ = false;
    std::map<NodeId, Seldom> denials_logged_;
    Seldom fleet_full_logged_, enrol_full_logged_, accept_failed_logged_, joins_limited_logged_;
    bool checking_ = false;                 ///< fsck or prove_journal: one at a time
    ledger::StopFlag stop_reading_{false};  ///< of what auditor_ and janitor_ read
    bool draining_ = false;
    std::function<void()> drained_;
    std::size_t open_servers_ = 0;

    // From here on: what calls back, closed first.
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer drain_limit_;
    boost::asio::steady_timer quiet_;  ///< until what sums have freed goes back
    std::unique_ptr<transport::Context> context_;
    std::unique_ptr<transport::Router> fleet_;
    std::unique_ptr<transport::Router> enrol_;
    AdminApi api_;
    std::unique_ptr<http::Server> admin_server_;
    std::unique_ptr<http::Server> metrics_server_;
    std::unique_ptr<Worker> worker_;   ///< examines, sums
    std::unique_ptr<Worker> writer_;   ///< writes and hashes drafts and blobs: a commit does not wait for a sum
    std::unique_ptr<Worker> janitor_;  ///< gives erased space back, lists entries: neither waits for that
    std::unique_ptr<Worker> auditor_;  ///< reads all there is, through a connection of its own: nobody waits for that
    std::unique_ptr<ActionQueue> queue_;
};

}  // namespace skerry::coordinator
