#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/session/download.hpp"
#include "edge-node/session/events.hpp"
#include "edge-node/session/question.hpp"
#include "edge-node/session/state.hpp"

namespace skerry::node {

/// What the status page shows of the conversation.
struct SessionStatus {
    enum class Link { Away, Greeting, Welcome, Denied, Alone };
    Link link = Link::Away;
    std::string denied;              ///< why, and what to do; empty unless Denied
    wire::Denied::Reason denial{};   ///< likewise
    std::optional<TimePoint> heard;  ///< when the coordinator last said anything
    ModelVersion installed, newest;  ///< newest: that the coordinator told us of
    PushedAs installed_as;
    WeightEncoding wanted{};                      ///< what it is fetched as where that is offered
    std::uint32_t chunks = 0, chunks_stored = 0;  ///< of the version on its way; 0: none is
    std::uint64_t steps = 0;                      ///< taken since the last update
    std::uint32_t steps_per_update = 0;
    std::optional<Sequence> offered;  ///< in the spool without a receipt
    std::size_t accepted = 0;         ///< with a receipt, not yet counted
    std::string last_fate;            ///< of the newest update that met one: "update 3 accepted, weight 6400"
    std::string waiting;              ///< why no update is on its way although there is progress; else empty
};

/// A node's whole conversation with its coordinator (PROTOCOL.md §2).
///
///     connected ─ Hello … Welcome ┬─ announced newer version: pull chunks ▶ InstallVersion
///                                 ├─ enough steps, nothing un-receipted: LeaseRequest … grant ▶ TakeUpdate
///                                 ├─ un-receipted update: UpdateOffer … chunks as pulled … Receipt | Refusal
///                                 └─ Report every 15 s and after steps
///
/// Every question is repeated with growing, jittered pauses until answered, so nothing relies on a message having
/// arrived. What the coordinator signs is verified here, against the root that the token pinned, before it is acted
/// on; a version below the installed one is never taken. Order of performing: exactly as given; a crash between two
/// actions loses nothing, because open() from the durable state asks the same questions again.
///
/// At most one of TakeUpdate and InstallVersion is under way: the next is ordered after its answer came.
/// Deterministic and sans-IO. Not thread-safe.
class Session {
public:
    /// PermissionDenied: key set or certificate are not of this federation and node. InvalidInput: not readable.
    /// Either way: join again.
    [[nodiscard]] static Result<Session> open(SessionConfig config, const DurableState& durable);

    /// Late, repeated and unexpected events change nothing.
    [[nodiscard]] Actions handle(const Event& event, TimePoint now);

    /// When to deliver TimePassed at the latest; nothing while only an event can help.
    [[nodiscard]] std::optional<TimePoint> deadline() const;

    [[nodiscard]] SessionStatus status(TimePoint now) const;
    /// Progress is due or on its way, and no version has counted it yet: what is learned now stands on weights that
    /// are about to be replaced. False while the coordinator is away.
    [[nodiscard]] bool sharing() const;
    [[nodiscard]] const wire::Certificate& certificate() const { return certificate_; }
    [[nodiscard]] const wire::KeySet& keys() const { return keys_; }
    [[nodiscard]] NodeId node() const { return certificate_.node; }
    [[nodiscard]] ModelVersion installed() const { return installed_; }

private:
    Session(SessionConfig config, wire::KeySet keys, wire::Certificate certificate, const DurableState& durable);

    // session.cpp: the connection
    void on(const Connected&, TimePoint now);
    void on(const Disconnected&, TimePoint now);
    void on(const MessageReceived& event, TimePoint now);
    void on(const TimePassed&, TimePoint) {}
    void on(const Stopping&, TimePoint now);
    void ask_what_is_due(TimePoint now);
    void hear(const wire::Welcome& welcome, TimePoint now);
    void hear(const wire::Denied& denied, TimePoint now);
    [[nodiscard]] bool take_keys(const wire::SignedBytes& bytes);
    void take_certificate(const wire::SignedBytes& bytes);

    // versions.cpp: versions that come
    void hear(const wire::Announcement& announcement, TimePoint now);
    void heed(const wire::Announcement& announcement, ModelVersion version);
    void hear(const wire::ModelChunk& chunk, TimePoint now);
    void on(const VersionInstalled& event, TimePoint now);
    void on(const VersionRefused& event, TimePoint now);
    void on(const VersionUnreadable& event, TimePoint now);
    [[nodiscard]] bool is_ours(const wire::Manifest& manifest) const;
    [[nodiscard]] Announced as_pushed(const wire::Announcement& announcement, const wire::Manifest& manifest);
    void go_on_with(const ArrivingVersion& arriving);
    void fetch(Announced version);
    void fetch_again(Announced version, const std::string& why, TimePoint now);
    void finish_download();
    // difference.cpp: versions as differences to the installed one
    [[nodiscard]] std::optional<AnnouncedDifference> difference_to(const Announced& version,
                                                                   const std::vector<wire::SignedBytes>& records);
    [[nodiscard]] bool stands_on_installed(const Announced& version) const;
    void order_install();
    void begin_download(TimePoint now);
    void ask_for_chunks(TimePoint now);

    // contribution.cpp: updates that go
    void hear(const wire::LeaseGrant& grant, TimePoint now);
    void hear(const wire::LeaseDenied& denied, TimePoint now);
    void hear(const wire::PullUpdate& pull, TimePoint now);
    void hear(const wire::Receipt& receipt, TimePoint now);
    void hear(const wire::Refusal& refusal, TimePoint now);
    void on(const StepLearned&, TimePoint now);
    void on(const DriftSeen&, TimePoint now);
    void on(const TrialMeasured&, TimePoint now);
    void on(const UpdateSpooled& event, TimePoint now);
    void on(const NothingTaken& event, TimePoint now);
    void on(const ProgressUndone&, TimePoint now);
    [[nodiscard]] bool wants_lease() const;
    [[nodiscard]] std::uint32_t steps_wanted() const;
    void report_soon(TimePoint now);
    [[nodiscard]] SpooledUpdate* offered();
    [[nodiscard]] const SpooledUpdate* offered() const;
    void wait_with_lease(TimePoint until, std::string why);

    void order(Action action) { actions_.push_back(std::move(action)); }
    void say(wire::FromNode message) { order(Send{std::move(message)}); }
    void notice(Notice::Level level, std::string event, std::string text);
    [[nodiscard]] bool silent() const { return revoked_ || (config_.alone && installed_.value > 0); }

    SessionConfig config_;
    Jitter jitter_;
    wire::KeySet keys_;
    wire::Certificate certificate_;

    // Durable, as far as the actions ordered so far.
    ModelVersion installed_;
    Digest installed_weights_{};  ///< of its heavy prefix; zeroes: not known
    PushedAs installed_as_;
    Sequence next_sequence_;
    std::uint64_t steps_;
    std::vector<SpooledUpdate> spool_;

    // The connection.
    bool connected_ = false;
    bool welcomed_ = false;
    bool revoked_ = false;
    std::string denied_;
    wire::Denied::Reason denial_{};
    std::optional<TimePoint> heard_;
    std::uint32_t steps_per_update_ = 0;
    wire::DeltaPolicy delta_;
    Question hello_;
    TimePoint report_due_{};
    TimePoint reported_{};

    // Versions.
    std::optional<Announced> newest_;  ///< the newest one above what is on its way, being installed or installed
    std::optional<Download> download_;
    std::optional<Announced> installing_;
    ModelVersion newest_known_;
    ModelVersion audits_of_;       ///< of the version that the fleet's audits were last heard with
    ModelVersion soft_labels_of_;  ///< and its soft labels
    std::uint64_t alarms_known_ = 0;
    ModelVersion trial_against_;    ///< not 0: the newest known version is on trial, and we are a canary
    ModelVersion hurries_until_;    ///< is installed: a step is worth an update. 0: no early round gathers
    ModelVersion refused_version_;  ///< we can't use it: wait for a newer one
    TimePoint refused_until_{};     ///< or, where we have none, for this moment
    Question pull_;

    // Updates.
    std::optional<Sequence> taking_;  ///< by the TakeUpdate under way
    Question lease_;
    Question offer_;
    TimePoint lease_not_before_{};
    std::string lease_waits_for_;
    unsigned refusals_in_row_ = 0;
    std::string last_fate_;

    Actions actions_;  ///< of the event that is being handled
};

}  // namespace skerry::node
