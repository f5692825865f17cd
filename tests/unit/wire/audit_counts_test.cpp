#include "common/wire/audit_counts.hpp"

#include <gtest/gtest.h>

#include "tests/support/sample_audits.hpp"

namespace skerry::wire {
namespace {

ErrorCode code_of(const Result<AuditCounts>& counts) {
    return counts ? ErrorCode::Internal : counts.error().code;
}

TEST(AuditCounts, ReadBackAsTheyWereWritten) {
    const AuditCounts counts = sample_audits(700, 9);
    const Bytes bytes = encoded(counts);
    EXPECT_EQ(bytes.size(), kAuditCountsBytes);
    EXPECT_EQ(to_hex(ByteView(bytes).first(4)), "bc020000");
    const auto again = audit_counts_of(bytes);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, counts);
}

TEST(AuditCounts, AreNoneOfAnotherLength) {
    Bytes bytes = encoded(sample_audits(1, 0));
    bytes.pop_back();
    EXPECT_EQ(code_of(audit_counts_of(bytes)), ErrorCode::InvalidInput);
    bytes.resize(kAuditCountsBytes + 1);
    EXPECT_EQ(code_of(audit_counts_of(bytes)), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of(audit_counts_of({})), ErrorCode::InvalidInput);
}

TEST(AuditCounts, HaveNoMoreThatDifferThanThereAre) {
    AuditCounts counts = sample_audits(10, 10);
    EXPECT_TRUE(audit_counts_of(encoded(counts)));
    ++counts.bins[30].differ[0];
    EXPECT_EQ(code_of(audit_counts_of(encoded(counts))), ErrorCode::InvalidInput);
}

TEST(AuditCounts, HaveAnAuditAndARequestAtEachExit) {
    EXPECT_EQ(code_of(audit_counts_of(Bytes(kAuditCountsBytes))), ErrorCode::InvalidInput);
    AuditCounts counts = sample_audits(10, 0);
    counts.bins[AuditCounts::kBins + 30] = {};
    EXPECT_EQ(code_of(audit_counts_of(encoded(counts))), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace skerry::wire
