#include "aggregation/optimisers/optimiser_spec.hpp"

#include <array>

#include "aggregation/call_text.hpp"

namespace skerry::aggregation {
namespace {

/// A kind, the numbers it takes in order, and what they are when left out.
struct Known {
    std::string_view name;
    OptimiserSpec spec;
    std::array<double OptimiserSpec::*, 4> fields;
    std::size_t count;
};

constexpr auto kRate = &OptimiserSpec::rate;
constexpr auto kTau = &OptimiserSpec::tau;
constexpr auto kBeta1 = &OptimiserSpec::beta1;
constexpr auto kBeta2 = &OptimiserSpec::beta2;
constexpr std::array<Known, 5> kKnown = {{
    {"none", {OptimiserKind::None, 1, 0, 0, 0}, {}, 0},
    {"momentum", {OptimiserKind::Momentum, 1, 0, 0.9, 0}, {kRate, kBeta1}, 2},
    {"adam", {OptimiserKind::Adam, 0.03, 1e-3, 0.9, 0.99}, {kRate, kTau, kBeta1, kBeta2}, 4},
    {"yogi", {OptimiserKind::Yogi, 0.03, 1e-3, 0.9, 0.99}, {kRate, kTau, kBeta1, kBeta2}, 4},
    {"adagrad", {OptimiserKind::Adagrad, 0.03, 1e-3, 0, 0}, {kRate, kTau, kBeta1}, 3},
}};

bool in_range(const OptimiserSpec& spec) {
    const auto share = [](double beta) { return beta >= 0 && beta <= 0.9999; };
    const bool tau = spec.has_second_moment() ? spec.tau >= 1e-9 && spec.tau <= 1e3 : spec.tau == 0;
    return spec.rate >= 1e-9 && spec.rate <= 1e3 && tau && share(spec.beta1) && share(spec.beta2);
}

}  // namespace

Result<OptimiserSpec> parse_optimiser(std::string_view text) {
    const std::vector<Call> calls = SKERRY_TRY(parse_calls(text));
    const Call& call = calls.front();
    for (const Known& known : kKnown) {
        if (calls.size() != 1 || call.name != known.name || call.numbers.size() > known.count) continue;
        OptimiserSpec spec = known.spec;
        for (std::size_t i = 0; i < call.numbers.size(); ++i)
            spec.*known.fields[i] = call.numbers[i];
        if (in_range(spec)) return spec;
    }
    return fail(ErrorCode::InvalidInput,
                "no server optimiser '" + std::string(text) +
                    "': there are none, momentum(rate, beta1), adam(rate, tau, beta1, beta2), yogi(rate, tau, beta1, "
                    "beta2) and adagrad(rate, tau, beta1), with rate and tau above 0 and betas from 0 to below 1");
}

std::string text_of(const OptimiserSpec& spec) {
    const Known& known = kKnown[static_cast<std::size_t>(spec.kind)];
    Call call{std::string(known.name), {}};
    for (std::size_t i = 0; i < known.count; ++i)
        call.numbers.push_back(spec.*known.fields[i]);
    return text_of(std::vector{call});
}

}  // namespace skerry::aggregation
