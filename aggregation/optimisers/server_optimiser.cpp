#include "aggregation/optimisers/server_optimiser.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/finite.hpp"
#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::aggregation {
namespace {

constexpr std::string_view kHead = "skerry/optimiser/1";

float adam(double v, double square, double beta2) {
    return static_cast<float>(beta2 * v + (1 - beta2) * square);
}
float yogi(double v, double square, double beta2) {
    const double change = (1 - beta2) * square;
    return static_cast<float>(v > square ? v - change : v < square ? v + change : v);
}
float adagrad(double v, double square, double) {
    return static_cast<float>(v + square);
}

/// What a step touches, from its first value on.
struct Range {
    const float* mean;
    float* weights;
    float* m;
    float* v;
    std::size_t count;
};

template <class SecondMoment>
void adaptive(const OptimiserSpec& spec, const Range& range, SecondMoment second_moment) {
    for (std::size_t i = 0; i < range.count; ++i) {
        const auto delta = static_cast<double>(range.mean[i]);
        range.m[i] = static_cast<float>(spec.beta1 * static_cast<double>(range.m[i]) + (1 - spec.beta1) * delta);
        range.v[i] = second_moment(static_cast<double>(range.v[i]), delta * delta, spec.beta2);
        const double root = std::sqrt(static_cast<double>(range.v[i])) + spec.tau;
        range.weights[i] = static_cast<float>(static_cast<double>(range.weights[i]) +
                                              spec.rate * static_cast<double>(range.m[i]) / root);
    }
}

void momentum(const OptimiserSpec& spec, const Range& range) {
    for (std::size_t i = 0; i < range.count; ++i) {
        range.m[i] =
            static_cast<float>(spec.beta1 * static_cast<double>(range.m[i]) + static_cast<double>(range.mean[i]));
        range.weights[i] =
            static_cast<float>(static_cast<double>(range.weights[i]) + spec.rate * static_cast<double>(range.m[i]));
    }
}

void put(ByteWriter& writer, const std::vector<float>& values) {
    writer.put(std::as_bytes(std::span(values)));
}

bool read(ByteReader& reader, std::vector<float>& values) {
    const ByteView bytes = reader.get_bytes(values.size() * sizeof(float));
    if (bytes.size() != values.size() * sizeof(float)) return false;
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return all_finite(values);
}

}  // namespace

ServerOptimiser::ServerOptimiser(const OptimiserSpec& spec, std::size_t parameters)
    : spec_(spec), parameters_(parameters) {
    if (spec.has_first_moment()) first_moment_.resize(parameters);
    if (spec.has_second_moment()) second_moment_.assign(parameters, static_cast<float>(spec.tau * spec.tau));
}

bool ServerOptimiser::is_state_of(OptimiserKind kind, std::size_t parameters, ByteView bytes) {
    ByteReader reader(bytes);
    return skerry::text_of(reader.get_bytes(kHead.size())) == kHead &&
           reader.get<std::uint8_t>() == static_cast<std::uint8_t>(kind) && reader.get<std::uint64_t>() == parameters;
}

std::optional<Bytes> ServerOptimiser::joined(ByteView front, ByteView back, std::size_t first) {
    ByteReader reader(front);
    const bool state = skerry::text_of(reader.get_bytes(kHead.size())) == kHead;
    OptimiserSpec spec;
    spec.kind = static_cast<OptimiserKind>(reader.get<std::uint8_t>());
    const auto parameters = reader.get<std::uint64_t>();
    if (!state || !reader.ok() || spec.kind > OptimiserKind::Adagrad || first >= parameters) return std::nullopt;
    const std::size_t head = front.size() - reader.remaining();
    const std::size_t moments = (spec.has_first_moment() ? 1U : 0U) + (spec.has_second_moment() ? 1U : 0U);
    if (parameters > limits::kParametersMax || back.size() != front.size() ||
        reader.remaining() != moments * parameters * sizeof(float) ||
        !std::equal(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(head), back.begin())) {
        return std::nullopt;
    }
    Bytes bytes(front.begin(), front.end());
    for (std::size_t moment = 0; moment < moments; ++moment) {
        const std::size_t begin = head + (moment * parameters + first) * sizeof(float);
        const ByteView part = back.subspan(begin, (parameters - first) * sizeof(float));
        std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    return bytes;
}

Result<ServerOptimiser> ServerOptimiser::decode(const OptimiserSpec& spec, std::size_t parameters, ByteView bytes) {
    if (!is_state_of(spec.kind, parameters, bytes)) {
        return fail(ErrorCode::InvalidInput,
                    "this is no state of '" + text_of(spec) + "' for " + std::to_string(parameters) + " parameters");
    }
    ServerOptimiser optimiser(spec, parameters);
    ByteReader reader(bytes.subspan(kHead.size() + sizeof(std::uint8_t) + sizeof(std::uint64_t)));
    const bool read_both = read(reader, optimiser.first_moment_) && read(reader, optimiser.second_moment_);
    const auto& v = optimiser.second_moment_;
    if (!read_both || !reader.finished() || std::any_of(v.begin(), v.end(), [](float value) { return value < 0; })) {
        return fail(ErrorCode::InvalidInput, "a state of '" + text_of(spec) + "' is damaged");
    }
    return optimiser;
}

void ServerOptimiser::step(std::span<const float> mean, std::span<float> weights, std::size_t first, std::size_t last) {
    SKERRY_ASSERT(mean.size() == parameters_ && weights.size() == parameters_ && first <= last && last <= parameters_);
    const auto from = [&](std::vector<float>& moment) { return moment.empty() ? nullptr : moment.data() + first; };
    const Range range{mean.data() + first, weights.data() + first, from(first_moment_), from(second_moment_),
                      last - first};
    switch (spec_.kind) {
        case OptimiserKind::None:
            for (std::size_t i = 0; i < range.count; ++i)
                range.weights[i] += range.mean[i];
            return;
        case OptimiserKind::Momentum:
            return momentum(spec_, range);
        case OptimiserKind::Adam:
            return adaptive(spec_, range, adam);
        case OptimiserKind::Yogi:
            return adaptive(spec_, range, yogi);
        case OptimiserKind::Adagrad:
            return adaptive(spec_, range, adagrad);
    }
}

Bytes ServerOptimiser::encode() const {
    ByteWriter writer(kHead.size() + 9 + (first_moment_.size() + second_moment_.size()) * sizeof(float));
    writer.put(bytes_of(kHead)).put(static_cast<std::uint8_t>(spec_.kind));
    writer.put(static_cast<std::uint64_t>(parameters_));
    put(writer, first_moment_);
    put(writer, second_moment_);
    return std::move(writer).take();
}

Digest ServerOptimiser::digest() const {
    return crypto::sha256(encode());
}

}  // namespace skerry::aggregation
