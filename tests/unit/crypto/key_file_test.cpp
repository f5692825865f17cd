#include "common/crypto/key_file.hpp"

#include <atomic>
#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KeyFileTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "skerry-key-file-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}));
    }
    static ErrorCode code_of(const Result<Bytes>& result) { return result ? ErrorCode::Internal : result.error().code; }

    fs::path folder_;
};

constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;
constexpr fs::perms kReadableByAll = kOwnerOnly | fs::perms::group_read | fs::perms::others_read;

TEST_F(KeyFileTest, KeepsASecretForItsOwnerOnly) {
    const fs::path path = folder_ / "root.key";
    const Secret<32> key = Secret<32>::random();
    const mode_t before = ::umask(0);
    const auto written = write_secret_file(path, key.view());
    ::umask(before);
    ASSERT_TRUE(written);
    EXPECT_EQ(fs::status(path).permissions(), kOwnerOnly);
    const auto read = read_secret<32>(path);
    ASSERT_TRUE(read);
    EXPECT_EQ(to_hex(read->view()), to_hex(key.view()));
    EXPECT_EQ(files(), 1U) << "nothing is left beside the file";
}

TEST_F(KeyFileTest, NeverOverwritesASecretUnlessAsked) {
    const fs::path path = folder_ / "root.key";
    ASSERT_TRUE(write_secret_file(path, bytes_of("old")));
    const auto refused = write_secret_file(path, bytes_of("new"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_THAT(refused.error().message, HasSubstr(path.string() + " exists already"));
    EXPECT_EQ(text_of(*read_secret_file(path, 10)), "old");
    ASSERT_TRUE(write_secret_file(path, bytes_of("new"), IfExists::Replace));
    EXPECT_EQ(text_of(*read_secret_file(path, 10)), "new");
    EXPECT_EQ(files(), 1U);
}

TEST_F(KeyFileTest, LetsOneOfSeveralWritersWin) {
    const fs::path path = folder_ / "root.key";
    std::atomic<int> winners{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i) {
        writers.emplace_back([&] { winners += write_secret_file(path, bytes_of("key")).has_value() ? 1 : 0; });
    }
    for (std::thread& writer : writers)
        writer.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(files(), 1U);
}

TEST_F(KeyFileTest, RefusesASecretThatOthersMayReadAndSaysTheCommandThatHelps) {
    const fs::path path = folder_ / "the node's key";
    ASSERT_TRUE(write_secret_file(path, bytes_of("secret")));
    for (const fs::perms open : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
        fs::permissions(path, kOwnerOnly | open);
        const auto read = read_secret_file(path, 10);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::PermissionDenied);
        const std::size_t command = read.error().message.find("chmod");
        ASSERT_NE(command, std::string::npos);
        ASSERT_EQ(std::system(read.error().message.substr(command).c_str()), 0);
        EXPECT_EQ(text_of(*read_secret_file(path, 10)), "secret");
    }
}

TEST_F(KeyFileTest, ReadsNoMoreThanTheLimit) {
    const fs::path path = folder_ / "model.toml";
    ASSERT_TRUE(write_file_durably(path, bytes_of("12345"), kReadableByAll));
    EXPECT_EQ(text_of(*read_file(path, 5)), "12345");
    EXPECT_EQ(code_of(read_file(path, 4)), ErrorCode::InvalidInput);
    fs::permissions(path, kOwnerOnly);
    EXPECT_EQ(code_of(read_secret_file(path, 4)), ErrorCode::InvalidInput);
    EXPECT_FALSE(read_secret<4>(path));
    const auto too_short = read_secret<6>(path);
    ASSERT_FALSE(too_short);
    EXPECT_EQ(too_short.error().code, ErrorCode::InvalidInput);
}

TEST_F(KeyFileTest, WritesThePermissionsAskedForWhateverTheUmask) {
    const fs::path path = folder_ / "weights";
    const mode_t before = ::umask(0777);
    const auto written = write_file_durably(path, bytes_of("w"), kReadableByAll);
    ::umask(before);
    ASSERT_TRUE(written);
    EXPECT_EQ(fs::status(path).permissions(), kReadableByAll);
    ASSERT_TRUE(write_file_durably(path, {}, kOwnerOnly));
    EXPECT_EQ(fs::status(path).permissions(), kOwnerOnly);
    EXPECT_TRUE(read_file(path, 0)->empty());
    EXPECT_EQ(files(), 1U);
}

TEST_F(KeyFileTest, NamesWhatIsMissing) {
    const auto read = read_file(folder_ / "absent", 10);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::NotFound);
    EXPECT_THAT(read.error().message, HasSubstr((folder_ / "absent").string()));
    EXPECT_EQ(code_of(read_secret_file(folder_ / "absent", 10)), ErrorCode::NotFound);
    const auto written = write_secret_file(folder_ / "no such folder" / "key", bytes_of("k"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::NotFound);
}

TEST_F(KeyFileTest, ReadsRegularFilesOnly) {
    EXPECT_EQ(code_of(read_file(folder_, 10)), ErrorCode::InvalidInput);
    const fs::path pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(code_of(read_secret_file(pipe, 10)), ErrorCode::InvalidInput);
    const auto replaced = write_file_durably(folder_, bytes_of("x"), kOwnerOnly);
    ASSERT_FALSE(replaced);
    EXPECT_TRUE(fs::is_directory(folder_));
}

}  // namespace
}  // namespace skerry::crypto
