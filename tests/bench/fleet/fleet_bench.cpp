#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aggregation/rules/rule_spec.hpp"
#include "common/datasets/dataset.hpp"
#include "tests/bench/fleet/hostile.hpp"
#include "tests/bench/fleet/softmax_model.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

// Logistic regression on MNIST by a whole fleet in one process: the real coordinator core, sealed and signed updates,
// admission, journal and sums; only sockets and disks are memory. Prints one JSON line.
namespace skerry::bench {
namespace {

using coordinator::FakeNode;
using coordinator::FederationBench;
using namespace std::chrono_literals;

constexpr const char* kDigitsModel = R"(
name = "digits"
modality = "image"
[input]
shape = [1, 28, 28]
dtype = "uint8"
scale = 0.00392156862745098
[classes]
names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
[[stages]]
tier = "light"
layers = [{ dense = 8 }]
[[stages]]
tier = "medium"
layers = [{ dense = 8 }]
[[stages]]
tier = "heavy"
layers = [{ dense = 8 }]
)";

struct Settings {
    std::string data;
    std::size_t clients = 20, per_round = 0, rounds = 30, hostile = 0;
    double dirichlet = 0;
    LocalTraining training;
    std::string attack = "none", rule = coordinator::RoundPolicy{}.recipe.rule, optimiser = "none";
    bool quarantine = false;
    std::uint64_t seed = 1;
};

Result<Images> load(const Settings& settings, datasets::Split split) {
    const auto spec = SKERRY_TRY(parameters::parse_model(kDigitsModel));
    datasets::SourceOptions options;
    options.split = split;
    const auto source = SKERRY_TRY(datasets::open_source(settings.data, spec, options));
    Images images;
    while (const auto sample = SKERRY_TRY(source->next())) {
        for (const std::byte value : sample->input)
            images.pixels.push_back(static_cast<float>(std::to_integer<int>(value)) / 255);
        images.labels.push_back(sample->label);
    }
    return images;
}

// Each client's samples: equal shares of a shuffle, or of each class a share that is drawn from Dirichlet(α).
std::vector<std::vector<std::uint32_t>> partition(const Images& images, const Settings& settings,
                                                  std::mt19937_64& random) {
    std::vector<std::uint32_t> order(images.count());
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<std::vector<std::uint32_t>> parts(settings.clients);
    if (settings.dirichlet == 0) {
        for (std::size_t k = 0; k < order.size(); ++k)
            parts[k % parts.size()].push_back(order[k]);
        return parts;
    }
    std::gamma_distribution<double> gamma(settings.dirichlet, 1);
    std::vector<std::vector<double>> shares(kDigits, std::vector<double>(parts.size()));
    for (auto& shares_of_class : shares)
        for (double& share : shares_of_class)
            share = gamma(random) + 1e-12;
    std::vector<std::discrete_distribution<std::size_t>> draws;
    for (const auto& shares_of_class : shares)
        draws.emplace_back(shares_of_class.begin(), shares_of_class.end());
    for (const std::uint32_t sample : order)
        parts[draws[images.labels[sample]](random)].push_back(sample);
    return parts;
}

coordinator::Policy policy_of(const Settings& settings) {
    coordinator::Policy policy = FederationBench::small_policy();
    policy.rounds.goal = settings.per_round;
    // Without the hostile ones, if their updates are refused; unless the rule promises nothing for so few.
    const auto rule = aggregation::parse_rule(settings.rule);
    policy.rounds.quorum = std::max(settings.per_round - settings.hostile, rule ? rule->updates_min() : 1);
    policy.rounds.recipe = {settings.rule, settings.optimiser};
    if (settings.quarantine) policy.admission = {};
    return policy;
}

static_assert(kSoftmaxValues * sizeof(float) < limits::kChunkBytes / 2, "an update is one chunk");

// Sends what it has learned, where it is given a lease.
void contribute(FederationBench& fleet, FakeNode& node, const std::vector<float>& update, std::size_t examples) {
    const auto said = fleet.say(node, wire::LeaseRequest{fleet.core->newest().version, Tier::Light});
    if (said.empty() || !std::holds_alternative<wire::LeaseGrant>(said[0])) return;
    const auto& lease = std::get<wire::LeaseGrant>(said[0]).lease;
    const auto offered = fleet.sealed_under(node, lease, update, static_cast<std::uint32_t>(examples));
    // Who was refused too often gets no answer.
    const auto answers = fleet.say(node, offered.offer);
    const auto* const pull = answers.empty() ? nullptr : std::get_if<wire::PullUpdate>(&answers.front());
    if (pull != nullptr) (void)fleet.say(node, wire::UpdateChunk{pull->sequence, 0, offered.sealed});
}

// How many are in quarantine, or doubted, of the hostile (that are the same ones in all rounds where all take
// part) and of the honest.
nlohmann::json suspected(const FederationBench& fleet, const std::vector<FakeNode>& nodes, const Settings& settings) {
    std::array<std::size_t, 2> quarantined{};
    std::array<std::size_t, 2> doubted{};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const std::size_t kind = i < settings.hostile ? 0 : 1;
        quarantined.at(kind) += fleet.core->registry().node(nodes[i].id())->quarantine ? 1 : 0;
        doubted.at(kind) += fleet.core->opposition().of(nodes[i].id()).doubted ? 1 : 0;
    }
    return {{"quarantined", {{"hostile", quarantined[0]}, {"honest", quarantined[1]}}},
            {"doubted", {{"hostile", doubted[0]}, {"honest", doubted[1]}}}};
}

Result<nlohmann::json> run(Settings settings) {
    if (settings.per_round == 0) settings.per_round = settings.clients;
    if (settings.per_round > settings.clients || settings.hostile >= settings.per_round) {
        return fail(ErrorCode::InvalidInput, "--per-round must be at most --clients, and above --hostile");
    }
    const Attack attack = SKERRY_TRY(attack_named(settings.attack));
    const coordinator::Policy policy = policy_of(settings);
    if (const auto problems = policy.rounds.problems(); !problems.empty())
        return fail(ErrorCode::InvalidInput, problems.front());
    const Images train_images = SKERRY_TRY(load(settings, datasets::Split::Train));
    const Images test_images = SKERRY_TRY(load(settings, datasets::Split::Test));
    std::mt19937_64 random(settings.seed);
    const auto parts = partition(train_images, settings, random);

    const auto began = std::chrono::steady_clock::now();
    FederationBench fleet(policy, {kSoftmaxValues, kSoftmaxValues, kSoftmaxValues});
    std::vector<FakeNode> nodes;
    for (std::size_t i = 0; i < settings.clients; ++i)
        nodes.push_back(fleet.enrolled());
    std::vector<std::size_t> order(settings.clients);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t round = 0; round < settings.rounds; ++round) {
        if (settings.per_round < settings.clients) std::shuffle(order.begin(), order.end(), random);
        const std::vector<float> weights = fleet.newest_weights();
        const auto learn = [&](std::size_t client, bool flips) {
            LocalTraining how = settings.training;
            how.flips_labels = flips;
            return train(train_images, parts[client], weights, how, random);
        };
        std::vector<std::vector<float>> honest;
        for (std::size_t k = settings.hostile; k < settings.per_round; ++k)
            honest.push_back(learn(order[k], false));
        for (std::size_t k = 0; k < settings.per_round; ++k) {
            const std::size_t client = order[k];
            const auto update = k >= settings.hostile
                                    ? honest[k - settings.hostile]
                                    : hostile_update(attack, learn(client, attack == Attack::LabelFlip), honest,
                                                     policy.leases.norm_max);
            const std::size_t examples = settings.training.samples == 0
                                             ? parts[client].size()
                                             : std::min(settings.training.samples, parts[client].size());
            contribute(fleet, nodes[client], update, std::max<std::size_t>(examples, 1));
        }
        (void)fleet.wait(61s);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return nlohmann::json{{"accuracy", accuracy(test_images, fleet.newest_weights())},
                          {"seconds", took.count()},
                          {"versions", fleet.core->newest().version.value - 1},
                          {"attack", settings.attack},
                          {"suspected", suspected(fleet, nodes, settings)},
                          {"rule", settings.rule},
                          {"optimiser", settings.optimiser}};
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    using namespace skerry;
    bench::Settings settings;
    CLI::App app("Logistic regression on MNIST by a fleet in one process, some of it hostile");
    app.add_option("--data", settings.data, "The folder of MNIST")->required();
    app.add_option("--clients", settings.clients)->check(CLI::Range(1, 100'000));
    app.add_option("--per-round", settings.per_round, "Clients of a round, drawn; 0: all");
    app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 100'000));
    app.add_option("--samples", settings.training.samples, "Of its own that a client learns in a round; 0: all");
    app.add_option("--batch", settings.training.batch)->check(CLI::Range(1, 65'536));
    app.add_option("--rate", settings.training.rate);
    app.add_option("--dirichlet", settings.dirichlet, "Classes of clients: Dirichlet(α); 0: all alike");
    app.add_option("--hostile", settings.hostile, "So many of the first clients");
    app.add_option("--attack", settings.attack);
    app.add_option("--rule", settings.rule);
    app.add_option("--optimiser", settings.optimiser);
    app.add_flag("--quarantine", settings.quarantine,
                 "Strikes, norms and opposition put nodes into quarantine, as they do by default");
    app.add_option("--seed", settings.seed);
    CLI11_PARSE(app, argc, argv);
    const auto result = bench::run(settings);
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", result->dump().c_str());
    return ::testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed() ? 1 : 0;
}
