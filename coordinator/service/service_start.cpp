#include <filesystem>

#include <nlohmann/json.hpp>

#include "common/base/host_port.hpp"
#include "common/base/limits.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/observe/disk_failure.hpp"
#include "coordinator/blob_orders.hpp"
#include "coordinator/service/capacity.hpp"
#include "coordinator/service/event_log.hpp"
#include "coordinator/service/service.hpp"

// From a directory to a running coordinator.
namespace skerry::coordinator {
namespace {

namespace log = observe::log;

constexpr std::size_t kJournalPage = 1000;
constexpr std::size_t kEnrolBytesMax = 8 * 1024;
constexpr std::size_t kAdminConnectionsMax = 64;

std::string at_host(const std::string& host, const std::string& bound) {
    const auto endpoint = parse_endpoint(bound);
    if (!endpoint) return {};
    if (host.empty()) return endpoint->is_wildcard() ? std::string() : endpoint->text();
    const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
    return Endpoint{bare_ipv6 ? "[" + host + "]" : host, endpoint->port}.text();
}

}  // namespace

struct Service::Parts {
    DirectoryLock lock;
    Directory directory;
    CoordinatorConfig config;
    DirectoryKeys keys;
    ledger::SqliteJournal journal;
    HighWater high_water;
    std::unique_ptr<storage::DiskBlobStore> blobs;
};

Result<std::unique_ptr<Service>> Service::start(boost::asio::io_context& loop, const Directory& directory,
                                                CoordinatorConfig config) {
    auto held = SKERRY_TRY(lock(directory));
    auto keys = SKERRY_TRY(load_keys(directory));
    SKERRY_TRY(check_history(directory));
    auto journal = SKERRY_TRY(ledger::SqliteJournal::open(directory.history()));
    auto high_water = SKERRY_TRY(HighWater::open(directory.high_water()));
    auto blobs = SKERRY_TRY(storage::DiskBlobStore::open(directory.blobs()));
    std::unique_ptr<Service> service(
        new Service(loop, Parts{std::move(held), directory, std::move(config), std::move(keys), std::move(journal),
                                std::move(high_water), std::move(blobs)}));
    service->worker_ = std::make_unique<Worker>(loop);
    service->writer_ = std::make_unique<Worker>(loop);
    service->janitor_ = std::make_unique<Worker>(loop);
    service->auditor_ = std::make_unique<Worker>(loop);
    remove_scratch(directory.scratch());
    SKERRY_TRY(service->fold_journal());
    SKERRY_TRY(service->open_sockets());
    SKERRY_TRY(service->open_admin());
    service->advertise();

    Service* const self = service.get();
    service->queue_ = std::make_unique<ActionQueue>(
        loop, service->journal_, service->journal_version_, *service->blobs_, service->draft_hashes_, *service->writer_,
        ActionQueue::Hooks{[self](const Action& action) { self->perform(action); },
                           [self](const ledger::Events& events) {
                               self->journal_version_ += events.size();
                               self->high_water_.note(self->journal_version_);
                               for (const ledger::Event& event : events) {
                                   log_event(event);
                                   self->metrics_.committed(event);
                               }
                           },
                           observe::disk_failed,
                           [self] {
                               self->reclaim_drafts();
                               self->finish_drain();
                           }});
    service->take(service->federation_->resume(Clock::now()));
    service->settle();
    return service;
}

Service::Service(boost::asio::io_context& loop, Parts parts)
    : loop_(loop),
      lock_(std::move(parts.lock)),
      directory_(std::move(parts.directory)),
      config_(std::move(parts.config)),
      keys_(std::move(parts.keys)),
      started_(Clock::now()),
      journal_(std::move(parts.journal)),
      high_water_(std::move(parts.high_water)),
      history_(journal_.database()),
      blobs_(std::move(parts.blobs)),
      models_(*blobs_),
      timer_(loop),
      drain_limit_(loop),
      quiet_(loop),
      api_(*this) {}

Service::~Service() {
    stop_reading_ = true;  // the workers finish what they do
}

Result<> Service::fold_journal() {
    federation_ = std::make_unique<Federation>(
        keys_.ring, config_.policy, [] { return crypto::random_bytes<16>(); }, history_);
    ledger::NeededBlobs needed;
    while (true) {
        const auto page = SKERRY_TRY(journal_.read(ledger::kFederationStream, journal_version_, kJournalPage));
        if (page.empty()) break;
        for (const ledger::Recorded& recorded : page) {
            federation_->apply(recorded.event);
            needed.apply(recorded.event);
        }
        journal_version_ = page.back().version;
    }
    if (federation_->versions().empty()) {
        return damaged_history(directory_, "it holds no federation");
    }
    if (federation_->created().root != keys_.ring.root.verify_key()) {
        return fail(ErrorCode::PermissionDenied, "the keys and history.db in " + directory_.path.string() +
                                                     " belong to different federations: restore both together");
    }
    spec_ = SKERRY_TRY(parameters::parse_model(federation_->created().model));
    layout_ = SKERRY_TRY(parameters::ParameterLayout::of(spec_));
    if (auto loaded = load_newest(); !loaded) {
        Error error = std::move(loaded).error();
        error.message += ": 'skerry-coordinator repair' names all that is missing; restore blobs/ from a backup";
        return tl::unexpected(std::move(error).within("reading the newest weights"));
    }
    SKERRY_TRY(collect_strays(needed));
    return restore_drafts(*federation_, *blobs_);
}

// Every node will ask for it, in one encoding or another.
Result<> Service::load_newest() {
    // While it is on trial, most nodes ask for the one before it.
    if (const auto& trial = federation_->trial()) {
        const Federation::Version& before = federation_->versions().at(trial->began().against);
        federation_->offer(SKERRY_TRY(put_in_memory(before.weights)), before.version);
    }
    const Federation::Version& newest = federation_->newest();
    federation_->offer(SKERRY_TRY(put_in_memory(newest.weights)), newest.version);
    const auto& held = federation_->versions();
    if (held.size() < 2) return {};
    const Federation::Version& before = std::prev(held.end(), 2)->second;
    federation_->offer(SKERRY_TRY(put_differences(before.weights, newest.weights)), newest.version, before.version);
    return {};
}

Result<std::vector<wire::EncodedWeights>> Service::put_in_memory(const Digest& weights) {
    return models_.put(weights, SKERRY_TRY(models_.load(weights)), layout_, config_.models.offered());
}

Result<std::vector<wire::EncodedDifference>> Service::put_differences(const Digest& base, const Digest& newest,
                                                                      const KnownDigests& digests) {
    if (!config_.models.differences) return std::vector<wire::EncodedDifference>();
    auto made = models_.put_differences(base, newest, layout_, config_.models.offered(), digests);
    if (!made && made.error().code == ErrorCode::NotFound) return std::vector<wire::EncodedDifference>();
    return made;
}

Result<> Service::collect_strays(const ledger::NeededBlobs& needed) {
    if (const ledger::Version noted = high_water_.noted(); noted > journal_version_) {
        log::warning("history_is_older",
                     {{"entries", journal_version_},
                      {"noted", noted},
                      {"reason", "history.db is an older copy than blobs/ beside it: what it does not know is kept"}});
        return {};
    }
    const std::size_t erased = SKERRY_TRY(erase_strays(*federation_, needed, *blobs_));
    if (erased == 0) return {};
    log::info("stray_blobs_erased", {{"count", erased}, {"kept", needed.all().size()}});
    reclaim_space();
    return {};
}

Result<> Service::open_sockets() {
    context_ = std::make_unique<transport::Context>(loop_);
    transport::RouterOptions options;
    options.keys = keys_.transport;
    options.domain = "fleet";
    // What one peer that pulls and does not read may have waiting: two windows of chunks. They are copies only of a
    // version that is no longer in memory.
    options.send_queue = 2 * static_cast<int>(limits::kChunkCredit);
    const Capacity capacity = capacity_of(descriptors_granted());
    options.connections_max = capacity.fleet;
    options.on_full = [this](bool full) { on_full("fleet", full); };
    // One whose certificate ran out is let in: it is told what to do.
    options.admit = [this](const transport::CurvePublicKey& key) {
        const Node* const node = federation_->registry().node_by_transport(key.value);
        return node != nullptr && !node->revoked;
    };
    fleet_ = SKERRY_TRY(transport::Router::open(
        *context_, options,
        [this](const transport::Sender& sender, transport::Frames frames) { on_fleet(sender, frames); }));
    SKERRY_TRY(fleet_->bind(config_.listen.fleet));

    options.domain = "enrol";
    options.connections_max = capacity.enrol;
    options.on_full = [this](bool full) { on_full("enrol", full); };
    options.admit = {};
    options.bounds = {1, kEnrolBytesMax, kEnrolBytesMax};
    enrol_ = SKERRY_TRY(transport::Router::open(
        *context_, options,
        [this](const transport::Sender& sender, transport::Frames frames) { on_enrol(sender, frames); }));
    Endpoint next = SKERRY_TRY(parse_endpoint(config_.listen.fleet));
    if (next.port != 0) ++next.port;  // 65535 was refused with the configuration
    return enrol_->bind(config_.listen.enrol.empty() ? next.text() : config_.listen.enrol);
}

http::ServerOptions Service::server_options() {
    http::ServerOptions options;
    options.connections_max = kAdminConnectionsMax;
    options.on_accept_failed = [this](const std::string& reason) {
        metrics_.accept_failed();
        if (accept_failed_logged_.again(Clock::now())) log::warning("accept_failed", {{"reason", reason}});
    };
    return options;
}

Result<> Service::open_admin() {
    admin_server_ = std::make_unique<http::Server>(
        loop_, server_options(),
        [this](http::Request request, http::Respond respond) { api_.handle(request, respond); });
    SKERRY_TRY(admin_server_->listen_unix(directory_.admin_socket()));
    ++open_servers_;
    if (config_.metrics.listen.empty()) return {};

    auto place = HostPort::parse(config_.metrics.listen);
    if (!place) return fail(ErrorCode::InvalidInput, "metrics.listen is no ADDRESS:PORT: " + config_.metrics.listen);
    metrics_server_ = std::make_unique<http::Server>(
        loop_, server_options(), [this](const http::Request& request, const http::Respond& respond) {
            if (request.path == "/metrics") {
                respond({200, "text/plain; version=0.0.4", metrics_text(), {}});
            } else {
                respond(http::error_response(404, "only /metrics is served here"));
            }
        });
    place->port = SKERRY_TRY(metrics_server_->listen_tcp(place->host, place->port));
    config_.metrics.listen = place->to_text();
    ++open_servers_;
    return {};
}

void Service::advertise() {
    endpoints_.fleet = fleet_->bound_endpoint();
    endpoints_.enrol = enrol_->bound_endpoint();
    endpoints_.advertised_fleet = at_host(config_.listen.advertise, endpoints_.fleet);
    endpoints_.advertised_enrol = at_host(config_.listen.advertise, endpoints_.enrol);
    federation_->set_fleet_endpoint(endpoints_.advertised_fleet);
    const nlohmann::json file = {{"fleet", endpoints_.fleet},
                                 {"enrol", endpoints_.enrol},
                                 {"advertised_fleet", endpoints_.advertised_fleet},
                                 {"advertised_enrol", endpoints_.advertised_enrol},
                                 {"metrics", config_.metrics.listen},
                                 {"admin", directory_.admin_socket().string()}};
    using std::filesystem::perms;
    const auto written = crypto::write_file_durably(directory_.endpoints(), bytes_of(file.dump(2) + "\n"),
                                                    perms::owner_read | perms::owner_write);
    if (!written) log::warning("endpoints_not_written", {{"reason", written.error().message}});
    log::info("listening", {{"fleet", endpoints_.fleet},
                            {"enrol", endpoints_.enrol},
                            {"advertised", endpoints_.advertised_fleet},
                            {"metrics", config_.metrics.listen},
                            {"federation", federation_->id()},
                            {"version", federation_->newest().version}});
}

}  // namespace skerry::coordinator
