#include "common/storage/turn_files.hpp"

#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::storage {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Turn = TurnFiles::Turn;

class TurnFilesTest : public testing::Test {
protected:
    ~TurnFilesTest() override { fs::remove_all(folder_); }

    Result<> write(std::uint64_t number, std::string_view text) {
        const ByteView parts[] = {bytes_of(text).first(text.size() / 2), bytes_of(text).subspan(text.size() / 2)};
        return files_.write({number, text.size()}, parts);
    }
    std::string read(std::uint64_t number, std::size_t size) {
        const auto value = files_.read({number, size});
        if (!value) return std::string(name_of(value.error().code)) + ": " + value.error().message;
        return std::string(text_of(*value));
    }

    static fs::path fresh_folder() {
        std::string pattern = (fs::temp_directory_path() / "skerry-turns-XXXXXX").string();
        return ::mkdtemp(pattern.data());
    }

    const fs::path folder_ = fresh_folder();
    TurnFiles files_{folder_ / "value"};
};

TEST_F(TurnFilesTest, HoldTheLastTwoValuesWhateverTheirLengths) {
    ASSERT_TRUE(write(1, "a long first one"));
    ASSERT_TRUE(write(2, ""));
    EXPECT_EQ(read(1, 16), "a long first one");
    EXPECT_EQ(read(2, 0), "");
    ASSERT_TRUE(write(3, "short"));
    EXPECT_EQ(read(3, 5), "short") << "nothing of the longer one before it";
    EXPECT_THAT(read(1, 16), StartsWith("not_found"));
    EXPECT_EQ(read(2, 0), "");
    EXPECT_FALSE(files_.disk_full());
}

TEST_F(TurnFilesTest, MayWriteATurnAgainThatWasNotCommitted) {
    ASSERT_TRUE(write(1, "one"));
    ASSERT_TRUE(write(2, "in vain"));
    ASSERT_TRUE(write(2, "two"));
    EXPECT_EQ(read(1, 3), "one");
    EXPECT_EQ(read(2, 3), "two");
}

TEST_F(TurnFilesTest, KnowAFileOfAnotherTimeOrOneThatIsCutOff) {
    EXPECT_THAT(read(1, 5), AllOf(StartsWith("not_found"), HasSubstr("is gone")));
    ASSERT_TRUE(write(1, "value"));
    EXPECT_THAT(read(3, 5), AllOf(StartsWith("not_found"), HasSubstr("is not what the database beside it speaks of")));
    EXPECT_THAT(read(1, 4), StartsWith("not_found"));
    fs::resize_file(folder_ / "value-1", fs::file_size(folder_ / "value-1") - 1);
    EXPECT_THAT(read(1, 5), StartsWith("not_found"));
    fs::resize_file(folder_ / "value-1", 3);
    EXPECT_THAT(read(1, 5), StartsWith("not_found"));
    std::ofstream(folder_ / "value-1") << "not at all one of ours";
    EXPECT_THAT(read(1, 5), StartsWith("not_found"));
}

// What may pass is not taken for a loss: a start that fails can be repeated.
TEST_F(TurnFilesTest, TellAFileThatCannotBeReadFromOneThatIsGone) {
    fs::create_directory(folder_ / "value-1");
    EXPECT_THAT(read(1, 5), StartsWith("unavailable"));
    EXPECT_FALSE(write(1, "value"));
    EXPECT_FALSE(files_.disk_full());
    fs::remove(folder_ / "value-1");
    fs::create_symlink(folder_ / "elsewhere", folder_ / "value-1");
    EXPECT_THAT(read(1, 5), StartsWith("unavailable"));
    EXPECT_FALSE(write(1, "value")) << "it follows no link";
    EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace skerry::storage
