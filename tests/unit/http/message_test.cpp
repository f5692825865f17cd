#include "common/http/message.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "common/http/response_writer.hpp"
#include "common/http/target.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Message, FindsAHeaderInAnyCase) {
    const Headers headers{{"Content-Type", "a"}, {"X-Id", "1"}, {"x-id", "2"}};
    EXPECT_EQ(find_header(headers, "x-ID"), "1");
    EXPECT_EQ(find_header(headers, "X-I"), "");
}

TEST(Message, MakesJsonOfASentenceWithAnyBytes) {
    const Response response = error_response(400, "a \"quote\", \n, \xff and é", {{"Retry-After", "1"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.header("retry-after"), "1");
    EXPECT_EQ(nlohmann::json::parse(response.body).at("error"), "a \"quote\", \n, \xEF\xBF\xBD and é");
}

TEST(Message, KeepsAValueFromPassingForAHeader) {
    std::string head;
    write_head(head, {.headers = {{"X-Id", "1\r\nSet-Cookie: x"}}}, {});
    EXPECT_THAT(head, HasSubstr("X-Id: 1  Set-Cookie: x\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("\r\nSet-Cookie")));
}

TEST(Message, GivesA204NoLength) {
    std::string head;
    write_head(head, {.status = 204}, {});
    EXPECT_EQ(head, "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Message, EncodesSoThatTheServerReadsTheSameAgain) {
    std::string every_byte;
    for (int byte = 1; byte < 256; ++byte)
        every_byte += static_cast<char>(byte);
    Request request;
    const std::string encoded = percent_encoded(every_byte);
    ASSERT_TRUE(read_target("/" + encoded + "?" + encoded + "=" + encoded, request));
    EXPECT_EQ(request.path, "/" + every_byte);
    EXPECT_EQ(request.query.at(every_byte), every_byte);
    EXPECT_EQ(percent_encoded("a-Z.0_~/ "), "a-Z.0_~%2F%20");
}

}  // namespace
}  // namespace skerry::http
