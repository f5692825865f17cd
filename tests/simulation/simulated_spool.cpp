#include "tests/simulation/simulated_spool.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "tests/simulation/faulty_folder.hpp"

namespace skerry::simulation {

using Fault = FaultyDisk::Fault;

namespace {

constexpr const char* kDatabase = "node.db";
// What may go well before the fault: a change writes some files and pages, an opening reads and writes some.
constexpr std::uint64_t kChangeWrites = 24, kChangeSyncs = 4, kOpenedReads = 40;

/// As much of what was judged as the model knows.
feedback::JudgedCounts judged_between(const Totals& before, const Totals& now) {
    feedback::JudgedCounts judged;
    std::uint64_t errors = 0;
    for (std::size_t type = 0; type < judged.by_type.size(); ++type) {
        judged.by_type[type] = now.errors[type] - before.errors[type];
        errors += judged.by_type[type];
    }
    if (errors / 2 > 0) judged.pairs = {{0, 1, errors / 2}};
    return judged;
}

}  // namespace

node::Totals totals_of(const Totals& totals) {
    node::Totals all;
    all.steps = totals.steps;
    all.examples = all.labelled = totals.examples;
    all.errors = std::accumulate(totals.errors.begin(), totals.errors.end(), std::uint64_t{0});
    return all;
}

SimulatedSpool::SimulatedSpool(World& world, std::uint64_t seed, NodeDisk& model)
    : world_(world), dice_(seed ^ 0x5B00), disk_(dice_.fork()), model_(model), sharing_{model.statistics, {}} {}

// ---- Processes ----

bool SimulatedSpool::open() {
    if (world_.storm && dice_.chance(world_.conditions.spool_fails * 4)) arm(kChangeWrites / 4);
    life_ = disk_.life();
    const auto opened = reopen();
    const bool fault_happened = disk_.disarm();
    if (!opened) return refused(opened.error(), fault_happened);
    if (died()) return false;
    compare();
    return true;
}

Result<> SimulatedSpool::reopen() {
    spool_.reset();
    begun_.reset();
    if (world_.storm && world_.plan.mutation == Mutation::SpoolNeverSyncs) disk_.lie_about_syncs();
    spool_ = SKERRY_TRY(node::Spool::open(kDatabase, {{.vfs = disk_.vfs()}, std::make_shared<FaultyFolder>(disk_)}));
    if (SKERRY_TRY(spool_->give_up_damaged_version()))
        return fail(ErrorCode::Internal, "a version that was kept is not whole");
    if (SKERRY_TRY(spool_->damaged_deltas()) > 0)
        return fail(ErrorCode::Internal, "what was sent and accepted is not whole");
    if (world_.plan.mutation != Mutation::SpoolLeavesUnfinished) SKERRY_TRY(finish_unfinished());
    return spool_->release_unused();
}

// As node::LocalModel::restore() does.
Result<> SimulatedSpool::finish_unfinished() {
    while (const auto unfinished = SKERRY_TRY(spool_->unfinished())) {
        const bool install = unfinished->what == node::Unfinished::What::Install;
        if (!install || checkpoint_.version != unfinished->version) {
            checkpoint_.weights = SKERRY_TRY(install ? spool_->rebased(checkpoint_.weights, sharing_)
                                                     : spool_->last_good(checkpoint_.weights, sharing_));
            if (install) checkpoint_.version = unfinished->version;
        }
        SKERRY_TRY(install ? spool_->finish_install() : spool_->finish_drop(checkpoint_.totals));
    }
    return {};
}

bool SimulatedSpool::open_anew(const node::Enrolment& enrolment) {
    const bool done = reopen() && spool_->enrol(enrolment);
    spool_.reset();
    return done;
}

void SimulatedSpool::crash(bool power) {
    if (power) {
        ++world_.counters.power_cuts;
        disk_.cut_power();
    } else {
        disk_.kill();
    }
    spool_.reset();  // of a process that is dead: nothing more reaches the disk
}

// ---- Changes ----

bool SimulatedSpool::perform(const Steps& steps, Follow follow) {
    for (const auto& step : steps) {
        const bool faulty = world_.storm && dice_.chance(world_.conditions.spool_fails);
        if (faulty) arm(kChangeWrites);
        const auto done = attempt(step);
        const bool fault_happened = disk_.disarm();
        if (fault_happened) ++world_.counters.disk_faults;
        // A process may die between two steps, too.
        const bool ends = fault_happened && done && !died() && dice_.chance(0.5);
        if (!done || died() || ends) {
            in_doubt_ = std::move(follow);
            return !done && refused(done.error(), fault_happened);
        }
    }
    if (const auto found = spool_->load()) {
        follow(*found);
    } else {
        in_doubt_ = std::move(follow);
        return refused(found.error(), false);
    }
    return true;
}

// node::LocalModel waits for room, and does the same again.
Result<> SimulatedSpool::attempt(const std::function<Result<>()>& step) {
    auto done = step();
    if (done || !spool_->disk_full()) return done;
    spool_->forget_disk_full();
    return step();
}

// Where no fault has happened nothing may fail, and where one has, the word for it is Unavailable.
bool SimulatedSpool::refused(const Error& error, bool fault_happened) {
    if (!fault_happened || error.code != ErrorCode::Unavailable)
        world_.broken("the_spool_holds_what_it_told", error.message);
    return false;
}

void SimulatedSpool::arm(std::uint64_t writes) {
    static constexpr std::array kAll{Fault::WriteFails, Fault::NoRoom, Fault::SyncFails, Fault::ProcessDies,
                                     Fault::ReadFails};
    const Fault fault = kAll[dice_.below(kAll.size())];
    const std::uint64_t calls = fault == Fault::ReadFails   ? kOpenedReads
                                : fault == Fault::SyncFails ? kChangeSyncs
                                                            : writes;
    disk_.arm(fault, dice_.below(calls));
}

SimulatedSpool::Steps SimulatedSpool::take(const node::TakeUpdate& order, const crypto::SigningKey& identity,
                                           std::shared_ptr<std::optional<node::SpooledUpdate>> sealed) {
    return settled({[this, order, &identity, sealed = std::move(sealed)]() -> Result<> {
        node::Contribution contribution;
        contribution.weights = checkpoint_.weights;
        contribution.sharing = sharing_;
        contribution.totals = checkpoint_.totals;
        contribution.judged = judged_between(model_.sent, model_.learned);
        *sealed = SKERRY_TRY(spool_->take(order, contribution, identity));
        return {};
    }});
}

SimulatedSpool::Steps SimulatedSpool::keep_receipt(Sequence sequence, const wire::SignedBytes& receipt) {
    return {[this, sequence, receipt] { return spool_->keep_receipt(sequence, receipt); }};
}

SimulatedSpool::Steps SimulatedSpool::keep_keys(const wire::SignedBytes& keys) {
    return {[this, keys] { return spool_->keep_keys(keys); }};
}

SimulatedSpool::Steps SimulatedSpool::keep_certificate(const wire::SignedBytes& certificate) {
    return {[this, certificate] { return spool_->keep_certificate(certificate); }};
}

SimulatedSpool::Steps SimulatedSpool::put_back(Sequence sequence) {
    return settled({[this, sequence] { return spool_->put_back(sequence); }});
}

SimulatedSpool::Steps SimulatedSpool::drop_progress(Sequence sequence) {
    auto good = std::make_shared<std::vector<float>>();
    return settled({[this, sequence, good]() -> Result<> {
                        SKERRY_TRY(spool_->begin_drop(sequence));
                        *good = SKERRY_TRY(spool_->last_good(checkpoint_.weights, sharing_));
                        return {};
                    },
                    [this, good]() -> Result<> {
                        checkpoint_.weights = *good;
                        return spool_->finish_drop(checkpoint_.totals);
                    }});
}

SimulatedSpool::Steps SimulatedSpool::install(const node::InstallVersion& order, SharedWeights weights) {
    Steps steps{[this, order, weights = std::move(weights)]() -> Result<> {
        auto rebased = SKERRY_TRY(spool_->rebased(checkpoint_.weights, sharing_, order.counted, *weights));
        SKERRY_TRY(spool_->begin_install(order, weights));
        begun_ = Begun{order.manifest.version, std::move(rebased)};
        return {};
    }};
    // Else the next step or order does it, or nobody before a crash.
    if (dice_.chance(0.3)) steps.emplace_back([this] { return settle(); });
    return settled(std::move(steps));
}

SimulatedSpool::Steps SimulatedSpool::settled(Steps steps) {
    if (begun_) steps.insert(steps.begin(), [this] { return settle(); });
    return steps;
}

Result<> SimulatedSpool::settle() {
    if (!begun_->committed) checkpoint_.weights = begun_->weights;
    checkpoint_.version = begun_->version;
    SKERRY_TRY(spool_->finish_install());
    begun_.reset();
    return {};
}

// What finishes an installation with it follows with the next change.
void SimulatedSpool::learned() {
    checkpoint_.weights = model_.weights;
    checkpoint_.totals = totals_of(model_.learned);
    if (!begun_) return;
    checkpoint_.version = begun_->version;
    begun_->committed = true;
}

Bytes SimulatedSpool::chunk(Sequence sequence, std::uint32_t index) {
    auto bytes = spool_->chunk(sequence, index);
    if (!bytes) world_.broken("the_spool_holds_what_it_told", bytes.error().message);
    return bytes ? *std::move(bytes) : Bytes();
}

// ---- The law ----

Result<std::string> SimulatedSpool::difference(const NodeDisk& model) {
    const node::DurableState found = SKERRY_TRY(spool_->load());
    const node::DurableState wanted = model.load();
    if (found.keys != wanted.keys || found.certificate != wanted.certificate)
        return std::string("it is enrolled otherwise");
    if (found.installed != wanted.installed)
        return "version " + std::to_string(found.installed.value) + " is installed";
    if (found.manifest != wanted.manifest || found.installed_as != wanted.installed_as) return "another manifest";
    if (found.next_sequence != wanted.next_sequence)
        return "the next update is " + std::to_string(found.next_sequence.value);
    if (found.spool != wanted.spool) return "it has " + std::to_string(found.spool.size()) + " updates, or others";
    if (SKERRY_TRY(spool_->totals_sent()) != totals_of(model.sent)) return std::string("it claims other totals");
    if (*SKERRY_TRY(spool_->base()) != model.base) return std::string("the version's weights are others");
    if (checkpoint_.weights != model.weights) return std::string("the weights are others");
    return std::string();
}

void SimulatedSpool::compare() {
    auto differs = difference(model_);
    if (differs && !differs->empty() && in_doubt_) {
        if (const auto found = spool_->load()) std::exchange(in_doubt_, nullptr)(*found);
        differs = difference(model_);
    }
    in_doubt_ = nullptr;
    if (!differs) return world_.broken("the_spool_holds_what_it_told", differs.error().message);
    if (!differs->empty()) {
        world_.broken("the_spool_holds_what_it_told", *differs + ", where version " +
                                                          std::to_string(model_.installed.value) + " and " +
                                                          std::to_string(model_.spool.size()) + " updates were told");
    }
}

}  // namespace skerry::simulation
