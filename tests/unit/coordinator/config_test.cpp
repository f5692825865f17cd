#include "coordinator/service/config.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct ConfigTest : ::testing::Test {
    std::filesystem::path file;
    ConfigTest() {
        std::string name = (std::filesystem::temp_directory_path() / "skerry-config-XXXXXX").string();
        file = std::filesystem::path(::mkdtemp(name.data())) / "coordinator.toml";
    }
    ~ConfigTest() override { std::filesystem::remove_all(file.parent_path()); }
    Result<CoordinatorConfig> load(const std::string& text) {
        std::ofstream(file) << text;
        return load_config(file);
    }
};

TEST_F(ConfigTest, HasUsableDefaults) {
    EXPECT_TRUE(load_config(std::nullopt)->problems().empty());
    EXPECT_TRUE(load("")->problems().empty());
}

TEST_F(ConfigTest, ReadsWhatItWrites) {
    CoordinatorConfig config;
    config.policy.rounds = {7, 3, 90s};
    config.policy.leases.norm_max = 2.5F;
    config.listen.advertise = "skerry.example.org";
    config.policy.rounds.overcommit = 1.25;
    config.policy.release = {0.25, 5, 10min, 500};
    const auto again = load(config_text(config));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(config_text(*again), config_text(config));
    EXPECT_EQ(again->policy.rounds.deadline, 90s);
    EXPECT_EQ(again->policy.rounds.cohort(), 9U);
    EXPECT_EQ(again->policy.release.trial_time, 10min);
}

TEST_F(ConfigTest, OffersEachPrecisionOnceAndNamesWhatIsNone) {
    using enum WeightEncoding;
    using ::testing::ElementsAre;
    EXPECT_THAT(CoordinatorConfig{}.models.offered(), ElementsAre(Float16, Float8, Mixed));
    EXPECT_THAT(load("[models]\nprecisions = ['fp8', 'fp32', 'fp8']\n")->models.offered(), ElementsAre(Float8));
    EXPECT_TRUE(load("[models]\nprecisions = []\n")->models.offered().empty());
    EXPECT_THAT(load("[models]\nprecisions = ['fp4']\n").error().message, HasSubstr("'fp4'"));
}

TEST_F(ConfigTest, SaysHowUpdatesAreToBeWritten) {
    const auto config = load("[learning]\nupdate_encoding = 'top 5%'\n");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->policy.delta, (wire::DeltaPolicy{wire::DeltaEncoding::Top, 50'000}));
    EXPECT_EQ(load("")->policy.delta, wire::DeltaPolicy{});
    EXPECT_THAT(load("[learning]\nupdate_encoding = 'top 50%'\n").error().message,
                HasSubstr("learning.update_encoding: 'top 50%' is no way to write updates"));
}

TEST_F(ConfigTest, NamesEveryFaultAtOnce) {
    const auto config = load("[rounds]\nquorrum = 3\ngoal = 0\n[listen]\nfleet = 7\n");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("quorrum"));
    EXPECT_THAT(config.error().message, HasSubstr("goal"));
    EXPECT_THAT(config.error().message, HasSubstr("fleet"));
}

TEST_F(ConfigTest, RefusesAGoalBelowTheQuorum) {
    const auto config = load("[rounds]\nquorum = 5\ngoal = 3\n");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("rounds.goal"));
}

TEST_F(ConfigTest, RefusesAGoalThatOneExactSumCannotHold) {
    const auto config = load("[rounds]\ngoal = 60000\n[leases]\nexamples_max = 65536\n");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("leases.examples_max"));
}

TEST_F(ConfigTest, RefusesAnAddressWithAPortToAdvertiseAndALastPortWithoutNext) {
    EXPECT_THAT(load("[listen]\nadvertise = 'host:7700'\n").error().message, HasSubstr("only"));
    EXPECT_TRUE(load("[listen]\nadvertise = '::1'\n"));
    EXPECT_THAT(load("[listen]\nfleet = 'tcp://127.0.0.1:65535'\n").error().message, HasSubstr("listen.enrol"));
}

TEST(Endpoint, IsReadInItsParts) {
    const auto endpoint = parse_endpoint("tcp://[::1]:7700");
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->host, "[::1]");
    EXPECT_EQ(endpoint->port, 7700);
    EXPECT_FALSE(endpoint->is_wildcard());
    EXPECT_TRUE(parse_endpoint("tcp://*:0")->is_wildcard());
    for (const char* const wrong :
         {"", "tcp://", "tcp://host", "host:1", "tcp://host:99999", "tcp://:1", "tcp://h:1x"}) {
        EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace skerry::coordinator
