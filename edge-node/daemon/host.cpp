#include "edge-node/daemon/host.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/base/heap.hpp"
#include "common/observe/log.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

/// Chunks of updates and versions are 1 MiB.
constexpr std::uint64_t kBufferMin = 2U << 20U;
/// The most that glibc takes as its threshold.
constexpr std::uint64_t kBufferMax = 32U << 20U;

/// From which size on buffers go back to the system when they are freed. Each trigger, update and version takes vectors
/// as long as the model several times over, and a checkpoint is some of them. Where they are longer than the heap can
/// keep, it has no reason to keep others.
std::uint64_t large_buffer(std::uint64_t weights) {
    if (weights > kBufferMax) return kBufferMin;
    return std::clamp(4 * weights, kBufferMin, kBufferMax);
}

}  // namespace

Result<std::unique_ptr<Host>> Host::open(boost::asio::io_context& loop, HostOptions options) {
    if (options.dirs.empty()) return fail(ErrorCode::InvalidInput, "name the folder of a node with --dir");
    std::vector<std::filesystem::path> seen;
    for (const std::filesystem::path& dir : options.dirs) {
        std::error_code ignored;
        std::filesystem::path whole = std::filesystem::weakly_canonical(dir, ignored);
        if (std::find(seen.begin(), seen.end(), whole) != seen.end()) {
            return fail(ErrorCode::InvalidInput, "--dir " + dir.string() + " is given twice");
        }
        seen.push_back(std::move(whole));
    }
    std::unique_ptr<Host> host(new Host(loop, std::move(options)));
    std::vector<std::string> names;
    std::uint64_t buffer = kBufferMin;
    for (const std::filesystem::path& dir : host->options_.dirs) {
        SKERRY_TRY(host->add(dir));
        const Node& node = *host->hosted_.back().node;
        names.push_back(node.model());
        buffer = std::max(buffer, large_buffer(node.tensors().snapshot / 2));
    }
    keep_heap_small(static_cast<int>(buffer));
    host->metrics_.emplace(names);
    return host;
}

Host::Host(boost::asio::io_context& loop, HostOptions options)
    : loop_(loop),
      options_(std::move(options)),
      workers_(options_.config.serving.workers),
      turns_(learners_at_once(std::thread::hardware_concurrency(), options_.config.serving.workers)),
      memory_(loop, options_.config.memory, options_.memory,
              {[this](std::size_t model) { return hosted_[model].node->learner(); },
               [this](std::size_t model) { hosted_[model].node->rest_learner(); },
               [this](std::size_t model) { hosted_[model].node->consider_learning(); }}),
      fusion_(options_.config.router.light_below),
      server_(loop, {}, [this](http::Request request, http::Respond respond) {
          handle_shared(std::move(request), std::move(respond));
      }) {}

Host::~Host() = default;

Result<> Host::add(const std::filesystem::path& dir) {
    auto opened = Node::open(loop_, {dir, options_.config, options_.alone, options_.make_engine}, *this);
    if (!opened) {
        return tl::unexpected(options_.dirs.size() > 1 ? std::move(opened).error().within("opening " + dir.string())
                                                       : std::move(opened).error());
    }
    for (const Hosted& other : hosted_) {
        if (other.node->model() != (*opened)->model()) continue;
        return fail(ErrorCode::Conflict, other.node->dir().string() + " and " + dir.string() + " both hold a model '" +
                                             other.node->model() +
                                             "': one address serves a name once. Run the second in a process of its "
                                             "own, with another --http");
    }
    Node& node = **opened;
    auto socket = std::make_unique<http::Server>(loop_, http::ServerOptions{},
                                                 [this, &node](http::Request request, http::Respond respond) {
                                                     handle_own(node, std::move(request), std::move(respond));
                                                 });
    memory_.add(node.model(), node.tensors());
    hosted_.push_back({std::move(*opened), std::move(socket)});
    return {};
}

Result<> Host::start() {
    SKERRY_TRY(memory_.start());
    for (const Hosted& hosted : hosted_) {
        const std::filesystem::path path = hosted.node->dir() / "infer.sock";
        SKERRY_TRY(hosted.socket->listen_unix(path));
        log::info("listening", {{"socket", path.string()}, {"model", hosted.node->model()}});
    }
    if (!options_.config.http.empty()) {
        const HttpAddress address = SKERRY_TRY(HttpAddress::parse(options_.config.http));
        port_ = SKERRY_TRY(server_.listen_tcp(address.host, address.port));
        log::info("listening", {{"http", HttpAddress{address.host, port_}.to_text()}});
    }
    for (const Hosted& hosted : hosted_)
        SKERRY_TRY(hosted.node->start());
    return {};
}

void Host::stop(std::function<void()> done) {
    if (std::exchange(stopping_, true)) return;
    log::info("draining");
    stopped_ = std::move(done);
    for (const Hosted& hosted : hosted_)
        hosted.node->refuse_rollbacks();
    busy_ = 1 + hosted_.size();
    const auto drained = [this] {
        if (--busy_ == 0) stop_nodes();
    };
    server_.drain(drained);
    for (const Hosted& hosted : hosted_)
        hosted.socket->drain(drained);
}

void Host::stop_nodes() {
    busy_ = hosted_.size();
    for (const Hosted& hosted : hosted_) {
        hosted.node->stop([this] {
            if (--busy_ == 0) std::exchange(stopped_, nullptr)();
        });
    }
}

std::size_t Host::index_of(const Node& node) const {
    const auto found = std::find_if(hosted_.begin(), hosted_.end(),
                                    [&node](const Hosted& hosted) { return hosted.node.get() == &node; });
    SKERRY_ASSERT(found != hosted_.end());
    return static_cast<std::size_t>(found - hosted_.begin());
}

bool Host::may_learn(const Node& node) {
    const std::size_t model = index_of(node);
    // Memory first: one that waits for it must not stand before others in the row.
    if (!memory_.may_learn(model)) {
        turns_.give_up(model);
        return false;
    }
    if (!turns_.begin(model)) return false;
    memory_.begin_learning(model);
    return true;
}

void Host::done_learning(const Node& node) {
    turns_.end(index_of(node));
    memory_.end_learning(index_of(node));
    offer_turns();
}

void Host::offer_turns() {
    while (const auto next = turns_.next()) {
        hosted_[*next].node->consider_learning();
        // It waits for something else now, and asks again by itself: those behind it need not wait with it.
        if (turns_.next() == next) turns_.end(*next);
    }
}

}  // namespace skerry::node
