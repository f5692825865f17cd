#include "edge-node/learning/learning_state.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/finite.hpp"
#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

constexpr std::uint32_t kMagic = 0x4E524C53;  // "SLRN"
constexpr std::uint32_t kStateVersion = 4;
constexpr std::uint32_t kBeforeResting = 3;     // has no rule of the rate, nobody rests, less of distillation
constexpr std::uint32_t kBeforeOptimisers = 2;  // Adam's mean and square apart, no distillation, noise, fading shares
constexpr std::uint32_t kBeforeErrorTypes = 1;  // and neither energies nor parents

using feedback::Prequential;
using feedback::Reservoir;

void put_floats(ByteWriter& to, std::span<const float> values) {
    to.put_sized(std::as_bytes(values));
}

// A vector of finite floats, as long as `count` says.
Result<std::vector<float>> get_floats(ByteReader& from, std::size_t count, const char* what) {
    const ByteView bytes = from.get_sized(count * sizeof(float));
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!from.ok() || bytes.size() != count * sizeof(float)) {
        return fail(ErrorCode::InvalidInput, std::string("the saved ") + what + " have another length");
    }
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    if (!all_finite(values)) {
        return fail(ErrorCode::InvalidInput, std::string("the saved ") + what + " are not finite");
    }
    return values;
}

// A checkpoint of another optimiser has a memory that is of no use to this one: it begins anew.
Result<OptimiserState> get_optimiser(ByteReader& from, std::uint32_t version, Optimiser kind, std::size_t size) {
    OptimiserState saved;
    saved.steps = from.get<std::uint64_t>();
    const std::size_t vectors = from.get<std::uint8_t>();
    if (version <= kBeforeOptimisers) {
        const std::vector<float> mean = SKERRY_TRY(get_floats(from, vectors * size, "moments"));
        saved.memory = SKERRY_TRY(get_floats(from, vectors * size, "moments"));
        saved.memory.insert(saved.memory.end(), mean.begin(), mean.end());
    } else {
        saved.memory = SKERRY_TRY(get_floats(from, vectors * size, "moments"));
    }
    const OptimiserShape shape = shape_of(kind);
    if (saved.memory.size() != shape.vectors * size) return OptimiserState{};
    for (float& magnitude : std::span(saved.memory).first(shape.magnitudes * size))
        magnitude = std::max(magnitude, 0.0F);
    return saved;
}

// Rows are few where they are large: each trigger reads them all and writes them into the checkpoint.
std::size_t capacity(std::size_t rows, const parameters::InputSpec& input) {
    constexpr std::size_t kBytesMax = 16U << 20U;
    return std::min(rows, std::max<std::size_t>(1, kBytesMax / (input.values() * sizeof(float))));
}

}  // namespace

LearningState::LearningState(const LearningConfig& config, const parameters::ModelSpec& spec, SharedWeights weights)
    : parameters(std::move(weights)),
      rate(config),
      drift(config),
      class_drift(spec.classes.size()),
      labels(spec.classes.size()),
      prequential(spec.classes.size()),
      replay(Reservoir::Keeps::History, capacity(config.replay_rows, spec.input), spec.classes.size()),
      validation(Reservoir::Keeps::Newest, capacity(config.validation_rows, spec.input), spec.classes.size()),
      random(config.seed),
      came(spec.classes.size(), false) {}

Bytes LearningState::save(const parameters::ModelSpec& spec, const LearningConfig& config) const {
    constexpr std::size_t kAllElse = 64 * 1024;
    ByteWriter to(sizeof(float) * (parameters->size() + optimiser.memory.size()) + replay.saved_bytes() +
                  validation.saved_bytes() + kAllElse);
    to.put(kMagic).put(kStateVersion).put(ByteView(parameters::identity_of(spec)));
    to.put(static_cast<std::uint64_t>(parameters->size()));
    put_floats(to, *parameters);
    to.put(optimiser.steps).put(static_cast<std::uint8_t>(optimiser.memory.size() / parameters->size()));
    put_floats(to, optimiser.memory);
    to.put(rate.value());
    drift.save(to);
    energies.save(to);
    parents.save(to);
    labels.save(to);
    prequential.save(to);
    replay.save(to);
    validation.save(to);
    to.put(random.state());
    for (const double share : served)
        to.put(share);
    to.put(triggers).put(static_cast<std::uint64_t>(rejects_in_a_row)).put(paused_until);
    distillation.save(to);
    noise.save(to);
    prequential.save_fading(to);
    to.put(static_cast<std::uint8_t>(config.rate_rule)).put(static_cast<std::uint8_t>(relabelled ? 1 : 0));
    for (const bool class_came : came)
        to.put(static_cast<std::uint8_t>(class_came ? 1 : 0));
    replay.save_resting(to);
    replay_share.save(to);
    rate.save_fit(to);
    // Sections that older checkpoints end before; the last only where there is something in it.
    class_drift.save(to);
    if (!class_profile.empty()) class_profile.save(to);
    return std::move(to).take();
}

Result<LearningState> LearningState::load(ByteView bytes, const LearningConfig& config, const LearningModel& model) {
    ByteReader from(bytes);
    const auto magic = from.get<std::uint32_t>();
    const auto version = from.get<std::uint32_t>();
    if (magic != kMagic || version < kBeforeErrorTypes || version > kStateVersion) {
        return fail(ErrorCode::VersionMismatch, "the checkpoint was not written by this version of the program");
    }
    if (from.get_array<32>() != parameters::identity_of(model.spec)) {
        return fail(ErrorCode::VersionMismatch, "the checkpoint belongs to another model");
    }
    const auto size = static_cast<std::size_t>(from.get<std::uint64_t>());
    if (!from.ok() || size > limits::kParametersMax) return fail(ErrorCode::InvalidInput, "the checkpoint is damaged");
    SKERRY_TRY(model.layout.tier_of_prefix(size));
    auto weights = std::make_shared<const std::vector<float>>(SKERRY_TRY(get_floats(from, size, "weights")));
    LearningState state(config, model.spec, std::move(weights));
    state.optimiser = SKERRY_TRY(get_optimiser(from, version, optimiser_of(config.rate_rule), size));
    state.rate.restore(from.get<double>());

    const std::size_t classes = model.spec.classes.size();
    const std::size_t sample = model.spec.input.sample_bytes();
    SKERRY_TRY(state.drift.load(from));
    if (version != kBeforeErrorTypes) {
        SKERRY_TRY(state.energies.load(from));
        SKERRY_TRY(state.parents.load(from, classes, sample));
    }
    SKERRY_TRY(state.labels.load(from));
    state.prequential = SKERRY_TRY(Prequential::load(from, classes));
    state.replay = SKERRY_TRY(Reservoir::load(from, Reservoir::Keeps::History,
                                              capacity(config.replay_rows, model.spec.input), classes, sample));
    state.validation = SKERRY_TRY(Reservoir::load(from, Reservoir::Keeps::Newest,
                                                  capacity(config.validation_rows, model.spec.input), classes, sample));
    state.random = Random(from.get<std::uint64_t>());
    for (double& share : state.served) {
        share = from.get<double>();
        if (!std::isfinite(share) || share < 0)
            return fail(ErrorCode::InvalidInput, "the saved tier shares are damaged");
    }
    state.triggers = from.get<std::uint64_t>();
    state.rejects_in_a_row = static_cast<std::size_t>(from.get<std::uint64_t>());
    state.paused_until = from.get<std::uint64_t>();
    if (version > kBeforeOptimisers) {
        SKERRY_TRY(state.distillation.load(from, version > kBeforeResting));
        SKERRY_TRY(state.noise.load(from));
        SKERRY_TRY(state.prequential.load_fading(from));
    }
    if (version > kBeforeResting) {
        const auto rule = from.get<std::uint8_t>();
        if (rule != static_cast<std::uint8_t>(config.rate_rule)) {
            state.rate = LearningRate(config);
            const bool known = rule <= static_cast<std::uint8_t>(RateRule::Hypergradient);
            if (!known || optimiser_of(static_cast<RateRule>(rule)) != optimiser_of(config.rate_rule))
                state.optimiser = {};
        }
        state.relabelled = from.get<std::uint8_t>() == 1;
        for (std::size_t c = 0; c < classes; ++c)
            state.came[c] = from.get<std::uint8_t>() == 1;
        SKERRY_TRY(state.replay.load_resting(from));
        SKERRY_TRY(state.replay_share.load(from));
        state.rate.load_fit(from);
    } else if (state.triggers > 0) {
        state.rate.end_first_fit();
    }
    if (from.ok() && !from.finished()) SKERRY_TRY(state.class_drift.load(from));
    if (from.ok() && !from.finished()) SKERRY_TRY(state.class_profile.load(from, classes));
    if (!from.finished()) return fail(ErrorCode::InvalidInput, "the checkpoint is damaged: its length");
    return state;
}

}  // namespace skerry::node
