#include "edge-node/daemon/node.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "common/observe/log.hpp"
#include "common/observe/process_usage.hpp"
#include "edge-node/daemon/node_durable.hpp"
#include "edge-node/serving/executors/compiled_executors.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

constexpr std::chrono::hours kExpiryInterval{1};

std::unique_ptr<LearningEngine> engine_for(const NodeOptions& options, LearningThread& thinking,
                                           const parameters::ModelSpec& spec) {
    if (options.make_engine) return options.make_engine(thinking.loop(), spec);
    // It looks again with each step, so that installing the program is enough; until then we serve and keep the labels.
    if (const auto found = LearnerProcess::program_of(options.config.learner); !found)
        log::warning("learner_missing", {{"reason", found.error().message}, {"model", spec.name}});
    return std::make_unique<LearnerProcess>(thinking.loop(), options.config.learner, spec,
                                            [&thinking](const auto& piece) { thinking.run(piece); });
}

const LearnerProcess* process_of(const LearningEngine& engine) {
    return dynamic_cast<const LearnerProcess*>(&engine);
}

/// What waits to be learned, as the network reads it; null: too little to tell ranges by.
CalibrationRows waiting_rows(feedback::LabelStore& labels, const parameters::ModelSpec& spec) {
    constexpr std::size_t kRowsMin = 16;
    constexpr std::size_t kRowsMax = 64;
    const auto waiting = labels.unconsumed(kRowsMax);
    if (!waiting) return nullptr;
    std::vector<float> rows;
    for (const feedback::LabelledSample& sample : *waiting) {
        const auto values = parameters::scaled_values(spec.input, sample.prediction.sample);
        if (values) rows.insert(rows.end(), values->begin(), values->end());
    }
    if (rows.size() < kRowsMin * spec.input.values()) return nullptr;
    return std::make_shared<const std::vector<float>>(std::move(rows));
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(boost::asio::io_context& loop, NodeOptions options, NodeHost& host) {
    const std::filesystem::path& dir = options.dir;
    std::error_code failure;
    if (!std::filesystem::exists(dir / "node.db", failure)) {
        return fail(ErrorCode::NotFound, dir.string() +
                                             " has not joined a federation: ask its operator for a token, then "
                                             "'skerry-node join --dir " +
                                             dir.string() + " --token …'");
    }
    DirectoryLock lock = SKERRY_TRY(lock_node_folder(dir));
    Spool spool = SKERRY_TRY(Spool::open(dir / "node.db"));
    std::optional<Enrolment> enrolment = SKERRY_TRY(spool.enrolment());
    if (!enrolment) {
        return fail(ErrorCode::NotFound,
                    dir.string() + " has begun to join and not finished: run 'skerry-node join' again");
    }
    const wire::Certificate certificate = SKERRY_TRY(wire::open_certificate(enrolment->certificate, enrolment->root));
    NodeKeys keys = SKERRY_TRY(read_keys_of(dir, certificate));
    parameters::ModelSpec spec = SKERRY_TRY(parameters::parse_model(enrolment->model));
    const Digest identity = parameters::identity_of(spec);
    options.config.learning.federated = !options.alone;
    const NodeConfig& config = options.config;
    auto labels = SKERRY_TRY(feedback::LabelStore::open(
        dir / "node.db", feedback::LabelStoreConfig{config.remembered_ids_max, config.errors}));
    auto ring = SKERRY_TRY(feedback::PendingRing::open(dir / "pending.ring", config.labels, spec.input.sample_bytes()));
    auto model = SKERRY_TRY(Model::of(std::move(spec)));
    auto durable = std::make_unique<Durable>(Durable{
        std::move(lock), std::move(keys), std::move(spool), std::move(*enrolment), certificate, std::move(model),
        identity, std::move(labels), std::move(ring), ArrivingFile(dir / "node.db-arriving")});
    std::unique_ptr<Node> node(new Node(loop, std::move(options), host, std::move(durable)));
    SKERRY_TRY(node->local_.restore(node->options_.dir));
    node->next_order_ = std::max(node->durable_->ring.next_order(), SKERRY_TRY(node->durable_->labels->next_order()));
    SKERRY_TRY(node->make_link());
    return node;
}

Node::Node(boost::asio::io_context& loop, NodeOptions options, NodeHost& host, std::unique_ptr<Durable> durable)
    : loop_(loop),
      options_(std::move(options)),
      host_(host),
      durable_(std::move(durable)),
      int8_rows_(options_.config.serving.int8 ? waiting_rows(*durable_->labels, durable_->model->spec) : nullptr),
      executors_(
          durable_->model->spec, durable_->model->layout, durable_->certificate.tier, compiled_executors(int8_rows_),
          {options_.config.serving.executor, options_.dir / "executors.json", machine_key(kSoftware), {}, int8_rows_}),
      api_(snapshots_, serving_, *this, options_.config.serving, SKERRY_VERSION),
      serving_(loop, host.workers(), options_.config.serving),
      routes_(
          loop, options_.config.router, durable_->model->spec, options_.config.learning.seed,
          [this](std::shared_ptr<const Snapshot> snapshot, Bytes sample, auto done) {
              return serving_.audit(std::move(snapshot), std::move(sample), std::move(done));
          },
          [this](std::shared_ptr<const Router> router) { api_.set_router(std::move(router)); }),
      storage_(loop),
      engine_(engine_for(options_, thinking_, durable_->model->spec)),
      local_(
          loop, {storage_, durable_->spool, *durable_->labels, durable_->arriving}, durable_->model,
          {thinking_.loop(), *engine_, options_.config.learning, [this](const auto& piece) { thinking_.run(piece); }},
          options_.config.version_patience, executors_.factory(), durable_->keys.identity),
      intake_(
          storage_, *durable_->labels, durable_->ring, [this](std::size_t count) { local_.labels_arrived(count); },
          [this] { local_.make_room(); }),
      expiry_(loop) {}

Node::~Node() {
    // Jobs and steps use what is destroyed below. A step that ends asks the disk for nothing without the loop.
    thinking_.stop();
    storage_.stop();
}

Result<> Node::start() {
    local_.begin(
        {[this](std::shared_ptr<const Snapshot> snapshot) { publish(std::move(snapshot)); },
         [this](Event event) {
             if (link_) link_->tell(std::move(event));
         },
         [this](const LearningReport& report) { on_learned(report); }, [this] { return api_.counters().answered; },
         [this] { return link_ && link_->session().sharing(); }, [this] { return host_.admit_install(*this); },
         [this] { return host_.may_learn(*this); }, [this] { host_.done_learning(*this); },
         [this](const LabelledLogits& readings) { routes_.on_labelled(readings); }, [this] { return routes_.audits(); },
         [this](const DriftAlarm& alarm) { on_alarm(alarm); }, [this] { return routes_.router(); }});
    expire_predictions();
    return link_ ? link_->start() : Result<>();
}

void Node::stop(std::function<void()> done) {
    if (std::exchange(stopping_, true)) return;
    expiry_.cancel();
    if (link_) link_->tell(Stopping{});
    local_.finish(std::move(done));
}

const std::string& Node::model() const {
    return durable_->model->spec.name;
}

const parameters::ModelSpec& Node::spec() const {
    return durable_->model->spec;
}

std::string Node::serving_version() const {
    const auto snapshot = snapshots_.current();
    return snapshot ? snapshot->version.to_text() : "";
}

bool Node::record(feedback::Prediction prediction) {
    std::vector<feedback::Prediction> one;
    one.push_back(std::move(prediction));
    return on_predictions(std::move(one));
}

void Node::publish(std::shared_ptr<const Snapshot> snapshot) {
    const bool first = snapshots_.current() == nullptr;
    log::info(first ? "serving" : "snapshot", {{"model", model()}, {"version", snapshot->version.to_text()}});
    routes_.on_snapshot(*snapshot);
    snapshots_.publish(std::move(snapshot));
}

void Node::on_learned(const LearningReport& report) {
    log::info("learned", {{"model", model()},
                          {"trigger", report.trigger},
                          {"accuracy", report.prequential.accuracy_window},
                          {"majority", report.prequential.majority},
                          {"last_class", report.prequential.last_class_window},
                          {"rate", report.learning_rate},
                          {"milliseconds", local_.trigger_time().count()},
                          {"doubted", report.doubted_rows},
                          {"reason", report.reason}});
}

void Node::on_answered(const InferJob& job, std::chrono::nanoseconds time) {
    routes_.on_answered(job, time);
}

bool Node::on_predictions(std::vector<feedback::Prediction> predictions) {
    bool reused = false;
    for (feedback::Prediction& prediction : predictions) {
        prediction.order = next_order_++;
        const auto kept = durable_->ring.push(prediction);
        if (!kept) {
            log::warning("prediction_not_kept",
                         {{"request", prediction.request}, {"reason", kept.error().message}, {"model", model()}});
        } else if (*kept) {
            // Loud once: an application that counts from 1 again does it with every id.
            log::event(durable_->ring.replaced() == 1 ? log::Level::Warning : log::Level::Debug, "request_id_reused",
                       {{"request", prediction.request},
                        {"consequence", "the older sample is let go; labels go to the newest"},
                        {"advice", "give each request an id of its own, or none"},
                        {"model", model()}});
            reused = true;
        }
    }
    return reused;
}

std::optional<std::string> Node::behind() {
    const std::uint64_t pending = local_.unconsumed() + intake_.waiting();
    if (pending < 2 * options_.config.learning.trigger_rows) return std::nullopt;
    std::string why = local_.disk_trouble();
    if (why.empty()) why = host_.memory(*this).waits;
    if (why.empty()) why = local_.engine_trouble();
    return "learning is behind: " + std::to_string(pending) + " labels wait" + (why.empty() ? "" : ", because " + why) +
           "; try again in a moment";
}

void Node::on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) {
    std::vector<IncomingLabel> incoming;
    incoming.reserve(labels.size());
    for (FeedbackLabel& label : labels)
        incoming.push_back({std::move(label.request), label.label});
    intake_.submit(std::move(incoming), std::move(done));
}

void Node::expire_predictions() {
    durable_->ring.expire(Clock::now());
    expiry_.expires_after(kExpiryInterval);
    expiry_.async_wait([this](boost::system::error_code failure) {
        if (!failure) expire_predictions();
    });
}

void Node::rest_learner() {
    boost::asio::post(thinking_.loop(), [this] { engine_->rest(); });
}

std::optional<pid_t> Node::learner() const {
    const LearnerProcess* learner = process_of(*engine_);
    return learner ? learner->pid() : std::nullopt;
}

TensorAccount Node::tensors() const {
    const LearningConfig& learning = options_.config.learning;
    return account_of(durable_->model->spec, durable_->model->layout, durable_->certificate.tier,
                      {learning.step_new_rows + learning.step_replay_rows + learning.step_made_rows,
                       shape_of(optimiser_of(learning.rate_rule)).vectors});
}

NodeFacts Node::facts() const {
    NodeFacts facts;
    facts.memory = host_.memory(*this);
    facts.now = Clock::now();
    facts.name = durable_->enrolment.name;
    facts.id = durable_->certificate.node;
    facts.tier = durable_->certificate.tier;
    facts.model = durable_->model->spec.name;
    facts.software = kSoftware;
    facts.endpoint = durable_->enrolment.fleet_endpoint;
    facts.certificate_expires = link_ ? link_->session().certificate().not_after : durable_->certificate.not_after;
    facts.alone = options_.alone;
    const Checkpoint& checkpoint = local_.checkpoint();
    if (link_) {
        facts.session = link_->session().status(facts.now);
        facts.handshake_failure = link_->handshake_failure();
    } else {
        facts.session.link = SessionStatus::Link::Alone;
        facts.session.installed = facts.session.newest = checkpoint.version.global;
        facts.session.steps = local_.steps_unsent();
    }
    const auto snapshot = snapshots_.current();
    facts.ready = snapshot != nullptr;
    if (snapshot) facts.serving = snapshot->version;
    if (snapshot && snapshot->held == Tier::Heavy) facts.router = routes_.tuner().certificate();
    facts.counters = api_.counters();
    facts.queue = serving_.pending();
    facts.stages = serving_.numbers();
    facts.audits_waiting = serving_.audits_pending();
    facts.executors = executors_.facts();
    facts.samples_waiting = local_.unconsumed();
    facts.samples_per_step = options_.config.learning.trigger_rows;
    facts.totals = checkpoint.totals;
    facts.learning = local_.learning();
    facts.learning_rate = checkpoint.learning_rate;
    facts.alarms.assign(local_.alarms().newest().rbegin(), local_.alarms().newest().rend());
    facts.classes = durable_->model->spec.classes;
    if (fleet_drifts_until_ > facts.now) facts.fleet_drifts_until = fleet_drifts_until_;
    facts.reason = checkpoint.reason;
    facts.step_time = local_.trigger_time();
    facts.engine_trouble = local_.engine_trouble();
    facts.disk_trouble = local_.disk_trouble().empty() ? intake_.disk_trouble() : local_.disk_trouble();
    facts.labels_dropped = local_.labels_dropped();
    facts.rolled_back = local_.rolled_back();
    if (const LearnerProcess* learner = process_of(*engine_)) {
        facts.learner_deaths = learner->deaths();
        facts.learner_pid = learner->pid();
    }
    facts.prequential = local_.prequential();
    facts.predictions_waiting = durable_->ring.waiting();
    facts.predictions_expired = durable_->ring.expired();
    facts.predictions_pushed_out = durable_->ring.pushed_out();
    facts.predictions_replaced = durable_->ring.replaced();
    facts.predictions_max = durable_->ring.capacity();
    facts.pending = options_.config.labels;
    facts.label_delays = intake_.delays();
    const observe::ProcessUsage usage = observe::process_usage();
    facts.resident_memory_bytes = usage.resident_memory_bytes;
    facts.cpu_seconds = usage.cpu_seconds;
    return facts;
}

}  // namespace skerry::node
