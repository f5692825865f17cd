#include "common/base/host_port.hpp"

#include <gtest/gtest.h>

namespace skerry {
namespace {

TEST(HostPort, IsReadInItsPartsAndWrittenAsItWasRead) {
    const std::pair<const char*, HostPort> known[] = {{"127.0.0.1:8000", {"127.0.0.1", 8000}},
                                                      {"[::1]:0", {"::1", 0}},
                                                      {"coordinator.example:65535", {"coordinator.example", 65535}},
                                                      {"*:7700", {"*", 7700}}};
    for (const auto& [text, parts] : known) {
        EXPECT_EQ(HostPort::parse(text), parts) << text;
        EXPECT_EQ(parts.to_text(), text);
    }
}

TEST(HostPort, RefusesEveryOtherForm) {
    for (const char* const wrong : {"", ":", "host", "host:", ":1", "host:1x", "host:-1", "host:65536", "::1:80",
                                    "[]:1", "[::1]", "[::1:1", "::1]:1", "ho[st]:1"}) {
        EXPECT_FALSE(HostPort::parse(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace skerry
