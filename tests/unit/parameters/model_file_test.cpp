#include "common/parameters/model_file.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

class ModelFileTest : public ::testing::Test {
protected:
    ModelFileTest() {
        std::string name = (std::filesystem::temp_directory_path() / "skerry-model-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        path_ = folder_ / "digits.skrm";
        model_.spec = testing::table();
        const ParameterLayout layout = *ParameterLayout::of(model_.spec);
        model_.version = ModelVersion{7};
        model_.tier = Tier::Medium;
        model_.parameters = initial_parameters(model_.spec, layout, 3);
        model_.parameters.resize(layout.prefix(Tier::Medium));
        model_.origin = "round 6";
        model_.manifest = copy_of(bytes_of("signed"));
    }
    ~ModelFileTest() override { std::filesystem::remove_all(folder_); }

    std::string contents() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
    /// The bytes with a digest that fits them: what a careful forger would write.
    static std::string resealed(std::string bytes) {
        bytes.resize(bytes.size() - 32);
        const Digest digest = crypto::sha256(bytes_of(bytes));
        return bytes.append(text_of(digest));
    }

    std::filesystem::path folder_;
    std::filesystem::path path_;
    ExportedModel model_;
};

TEST_F(ModelFileTest, ReadsBackWhatWasSaved) {
    ASSERT_TRUE(save_model(model_, path_));
    const auto loaded = load_model(path_);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->spec, model_.spec);
    EXPECT_EQ(loaded->version, model_.version);
    EXPECT_EQ(loaded->tier, model_.tier);
    EXPECT_EQ(loaded->parameters, model_.parameters);
    EXPECT_EQ(loaded->origin, model_.origin);
    EXPECT_EQ(loaded->manifest, model_.manifest);
}

TEST_F(ModelFileTest, ReadsBackEachPrecisionAsWhatItLeavesOfTheWeights) {
    const ParameterLayout layout = *ParameterLayout::of(model_.spec);
    const auto blocks = held_blocks(layout.blocks(), model_.tier);
    ASSERT_TRUE(save_model(model_, path_));
    const std::size_t whole = contents().size();
    for (const char* text : {"fp16", "fp8", "fp8-e5m2", "int8", "mixed"}) {
        SCOPED_TRACE(text);
        ExportedModel planned = model_;
        planned.plan = *plan_named(text, blocks);
        ASSERT_TRUE(save_model(planned, path_));
        EXPECT_LT(contents().size(), whole);
        const auto loaded = load_model(path_);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(loaded->plan, planned.plan);
        EXPECT_EQ(loaded->parameters,
                  *decode(blocks, planned.plan, encode(blocks, planned.plan, model_.parameters).bytes));
        EXPECT_EQ(loaded->origin, model_.origin);
        ExportedModel stored = model_;
        const auto error = store_as(stored, text);
        ASSERT_TRUE(error) << error.error().message;
        EXPECT_GT(error->max, 0);
        EXPECT_EQ(stored.parameters, loaded->parameters);
        EXPECT_EQ(*precision_of(stored), *precision_of(*loaded));
    }
}

TEST_F(ModelFileTest, APlanOfFloat32IsTheFileThatOlderProgramsRead) {
    ASSERT_TRUE(save_model(model_, path_));
    const std::string plain = contents();
    const auto loaded = load_model(path_);
    ASSERT_TRUE(loaded);
    ASSERT_FALSE(loaded->plan.empty());
    ASSERT_TRUE(save_model(*loaded, path_));
    EXPECT_EQ(contents(), plain);
}

TEST_F(ModelFileTest, RefusesAForgedPlan) {
    const ParameterLayout layout = *ParameterLayout::of(model_.spec);
    model_.plan = *plan_named("fp8", held_blocks(layout.blocks(), model_.tier));
    ASSERT_TRUE(save_model(model_, path_));
    const std::string whole = contents();
    std::string plan_bytes;
    for (const Precision precision : model_.plan)
        plan_bytes += static_cast<char>(precision);
    const std::size_t plan_at = whole.find(plan_bytes);
    ASSERT_NE(plan_at, std::string::npos);
    for (std::size_t i = 0; i < plan_bytes.size(); ++i) {
        for (const char number : {'\0', '\1', '\2', '\4', '\5', '\xFF'}) {
            if (number == plan_bytes[i]) continue;
            std::string forged = whole;
            forged[plan_at + i] = number;
            write(resealed(forged));
            EXPECT_FALSE(load_model(path_)) << i << " " << static_cast<int>(number);
        }
    }
    std::string longer = whole;
    longer[plan_at - 4] = static_cast<char>(plan_bytes.size() + 1);
    write(resealed(longer));
    EXPECT_FALSE(load_model(path_));
}

TEST_F(ModelFileTest, RefusesToSaveAModelThatDoesNotFitItself) {
    model_.parameters.pop_back();
    EXPECT_FALSE(save_model(model_, path_));
    model_.parameters.push_back(std::nanf(""));
    EXPECT_FALSE(save_model(model_, path_));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ModelFileTest, RefusesEveryTruncationAndEveryAlteredByte) {
    ASSERT_TRUE(save_model(model_, path_));
    const std::string whole = contents();
    for (std::size_t at = 0; at < whole.size(); at += at < 400 ? 1 : 97) {
        SCOPED_TRACE(at);
        write(whole.substr(0, at));
        ASSERT_FALSE(load_model(path_));
        std::string altered = whole;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        write(altered);
        ASSERT_FALSE(load_model(path_));
        write(whole.substr(0, at) + whole);
        ASSERT_EQ(load_model(path_).has_value(), at == 0);
    }
}

TEST_F(ModelFileTest, TakesNoMemoryForSizesThatTheFileDoesNotHave) {
    ASSERT_TRUE(save_model(model_, path_));
    const std::string whole = contents();
    const std::size_t count_at = whole.size() - 32 - model_.parameters.size() * 4 - 8;
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{1} << 28U, std::uint64_t{1} << 62U, ~std::uint64_t{0}}) {
        std::string forged = whole;
        std::memcpy(&forged[count_at], &count, sizeof count);
        write(resealed(forged));
        const auto loaded = load_model(path_);
        ASSERT_FALSE(loaded);
        EXPECT_THAT(loaded.error().message, ::testing::HasSubstr("sizes do not fit"));
    }
    for (const std::uint32_t length : {0x10001U, 0xFFFFFFFFU}) {
        std::string forged = whole;
        std::memcpy(&forged[17], &length, sizeof length);  // of the declaration
        write(resealed(forged));
        EXPECT_FALSE(load_model(path_));
    }
}

TEST_F(ModelFileTest, SaysWhenThereIsNoFile) {
    const auto loaded = load_model(path_);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(load_model(folder_));
}

}  // namespace
}  // namespace skerry::parameters
