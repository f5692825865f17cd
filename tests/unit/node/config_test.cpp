#include "edge-node/daemon/config.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/unit/node/running.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;

class NodeConfigTest : public ::testing::Test {
protected:
    Result<NodeConfig> read(const std::string& text) {
        std::ofstream(file_) << text;
        return read_node_config(file_);
    }
    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "node.toml";
};

TEST_F(NodeConfigTest, TheDefaultsAreUsable) {
    EXPECT_TRUE(NodeConfig{}.problems().empty());
}

TEST_F(NodeConfigTest, ReadsBackWhatItPrints) {
    NodeConfig config;
    config.http = "[::1]:9000";
    config.learning.trigger_rows = 50;
    config.learning.learning_rate = 0.01F;
    config.labels.bytes_max = 1 << 20;
    const auto again = read(config.to_toml());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->to_toml(), config.to_toml());
    EXPECT_THAT(config.to_toml(), HasSubstr("rate = 0.01\n"));
}

TEST_F(NodeConfigTest, TheExampleHoldsExactlyTheDefaults) {
    const auto example = read_node_config(std::filesystem::path(SKERRY_SOURCE_DIR) / "deploy/examples/node.toml");
    ASSERT_TRUE(example) << example.error().message;
    EXPECT_EQ(example->to_toml(), NodeConfig{}.to_toml());
}

TEST_F(NodeConfigTest, NamesEveryFaultAtOnce) {
    const auto wrong = read("http = 'somewhere'\n[learning]\nsampels = 3\nrate = 'fast'\n");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("sampels"));
    EXPECT_THAT(wrong.error().message, HasSubstr("rate"));
}

TEST_F(NodeConfigTest, NamesWhatIsOutOfBoundsAsTheFileDoes) {
    NodeConfig config;
    LearningConfig& learning = config.learning;
    learning.trigger_rows = learning.step_new_rows = learning.gate_rows_min = learning.rejects_max = 0;
    learning.step_replay_rows = learning.step_made_rows = learning.drift_cooldown_triggers = 1'000'000;
    learning.replay_rows = learning.validation_rows = 1'000'000;
    learning.gate_t_max = 1000;
    const auto problems = config.problems();
    EXPECT_GE(problems.size(), 9U);
    for (const std::string& problem : problems) {
        const auto dot = problem.find('.');
        const auto key = problem.substr(dot + 1, problem.find_first_of(" ,", dot) - dot - 1);
        EXPECT_THAT(config.to_toml(), HasSubstr("\n" + key + " = ")) << problem;
    }
}

TEST_F(NodeConfigTest, ReadsTheRoutersTargets) {
    const auto config =
        read("[router]\nmode = 'risk'\naccuracy_retention = 0.995\nlatency_p95 = '2ms'\nyields = 'latency'\n");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->router.mode, RouterMode::Risk);
    EXPECT_EQ(config->router.latency_p95, std::chrono::milliseconds(2));
    EXPECT_EQ(config->router.yields, RouterYields::Latency);
    EXPECT_THAT(read("[router]\nmode = 'rank'\nlatency_p95 = '2ms'\n").error().message, HasSubstr("no targets"));
    EXPECT_THAT(read("[serving]\nlight_below = 0.2\n").error().message, HasSubstr("light_below"));
}

TEST_F(NodeConfigTest, ReadsWhatVersionsAreFetchedAs) {
    EXPECT_EQ(read("[sharing]\nprecision = 'mixed'\n")->precision, WeightEncoding::Mixed);
    EXPECT_EQ(read("")->precision, WeightEncoding::Float32);
    EXPECT_THAT(read("[sharing]\nprecision = 'int8'\n").error().message, HasSubstr("fp16"));
}

TEST_F(NodeConfigTest, RefusesAnAddressWithoutAPort) {
    EXPECT_THAT(read("http = 'somewhere'").error().message, HasSubstr("127.0.0.1:8000"));
}

}  // namespace
}  // namespace skerry::node
