#include "common/wire/difference_codec.hpp"
#include "tests/unit/node/local_model_fixture.hpp"

namespace skerry::node {
namespace {

using testing::Federation;
using testing::FullDisk;
using testing::HopelessEngine;
using testing::kRows;
using testing::LocalModelTest;

TEST_F(LocalModelTest, GoesOnFromWhatItSentWhenItsCheckpointIsUnusable) {
    open();
    install(1);
    label(2 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 2; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    const Totals sent = parts_->spool->totals_sent().value();
    ASSERT_TRUE(parts_->labels->commit_step({{}, std::array{bytes_of("of another program")}, Clock::now()}));
    crash();

    open();
    EXPECT_EQ(local().checkpoint().totals.steps, sent.steps);
    EXPECT_EQ(local().checkpoint().totals.labelled, sent.labelled);
    EXPECT_EQ(local().steps_unsent(), 0U);
    take(2, 1);
    ASSERT_TRUE(until([&] { return told<NothingTaken>() == 1; })) << "nothing was learned since the update";
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == sent.steps + 1; }));
    EXPECT_EQ(local().checkpoint().totals.labelled, sent.labelled + kRows);
    EXPECT_EQ(local().steps_unsent(), 1U);
}

TEST_F(LocalModelTest, RebasesWhatItMadeAnewWhenAnInstallationIsUnfinishedToo) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    // The checkpoint says version 2 and can't be read by the learner; the spool is between the two.
    Checkpoint checkpoint = local().checkpoint();
    checkpoint.version.global = ModelVersion{2};
    const wire::Announcement announcement = federation_.announcement(2);
    ASSERT_TRUE(parts_->spool->begin_install({federation_.manifest(2), announcement.manifest, {}}, shared(weights(2))));
    ASSERT_TRUE(parts_->labels->commit_step({{}, std::array{ByteView(checkpoint.head())}, Clock::now()}));
    crash();

    open();
    EXPECT_EQ(local().checkpoint().version.global, ModelVersion{2});
    take(1, 2);
    ASSERT_TRUE(until([&] { return told<NothingTaken>() == 1; })) << "it holds version 2 itself";
}

TEST_F(LocalModelTest, ReportsNoErrorTwiceAfterProgressWasDropped) {
    open();
    install(1);
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    EXPECT_EQ(opened(1).error_counts->total(), kRows / 2);
    local().perform(DropProgress{Sequence{1}});
    label(3 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 4; }));
    take(2, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 2; }));
    EXPECT_EQ(opened(2).errors, 3 * kRows / 2);
    EXPECT_EQ(opened(2).error_counts->total(), 3 * kRows / 2);
}

TEST_F(LocalModelTest, ReportsTheErrorsOfTheLabelsThatItLearnedAndAgainOnlyWhereAnUpdateIsPutBack) {
    open();
    install(1);
    label(kRows + 4);  // the last four wait: wrong answers among them are in the log, and not learned
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    const wire::UpdateBody first = opened(1);
    EXPECT_EQ(first.labelled, kRows);
    ASSERT_EQ(first.errors, kRows / 2);
    EXPECT_EQ(first.confusions, (std::vector<wire::ClassPairCount>{{1, 0, kRows / 2}}));
    EXPECT_EQ(first.error_counts->total(), first.errors);
    EXPECT_EQ(first.error_counts->by_type[0], 0U) << "each was judged";
    local().perform(PutBack{Sequence{1}});
    label(kRows - 4);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 2; }));
    crash();
    open();
    take(2, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 2; }));
    EXPECT_EQ(opened(2).errors, kRows);
    EXPECT_EQ(opened(2).error_counts->total(), kRows);
    EXPECT_EQ(opened(2).confusions[0].count, kRows);
}

TEST_F(LocalModelTest, ReportsNoErrorOfALabelWhoseLearningWasLost) {
    open();
    install(1);
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
    settle();  // the store is the storage thread's until it has committed the step
    ASSERT_TRUE(parts_->labels->commit_step({{}, std::array{bytes_of("of another program")}, Clock::now()}));
    crash();
    open();
    label(2 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 2; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    EXPECT_EQ(opened(1).errors, kRows);
    EXPECT_EQ(opened(1).confusions[0].count, kRows);
}

TEST_F(LocalModelTest, GivesUpABatchThatNoEngineCanComputeSoThatLabelsDoNotWaitForEver) {
    make_engine_ = [] { return std::make_unique<HopelessEngine>(); };
    open();
    install(1);
    label(kRows + 3);
    ASSERT_TRUE(until([&] { return local().labels_dropped() == kRows; }));
    ASSERT_TRUE(until([&] { return local().unconsumed() == 3; }));
    EXPECT_EQ(local().checkpoint().totals.labelled, kRows);
    EXPECT_EQ(parts_->labels->errors().size().value(), (kRows + 4) / 2) << "logged although nothing was learned";
}

TEST_F(LocalModelTest, CountsEachLabelOnceAlsoWhileItsStepIsBeingCommitted) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    label(kRows + 3);
    ASSERT_TRUE(until([&] {
        const std::uint64_t seen = local().checkpoint().totals.labelled + local().unconsumed();
        EXPECT_TRUE(seen == 0 || seen == kRows + 3) << seen;
        return learned_ == kRows;
    }));
}

TEST_F(LocalModelTest, AFullDiskPausesLearningUntilThereIsRoom) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    label(kRows - 1);
    ASSERT_TRUE(until([&] { return local().unconsumed() == kRows - 1; }));
    {
        const FullDisk full;
        label(1);
        ASSERT_TRUE(until([&] { return !last_verdicts_.empty(); }));
        EXPECT_THAT(last_verdicts_, ::testing::HasSubstr("the disk is full"));
        install(2);
        ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
    }
    ASSERT_TRUE(until([&] { return local().checkpoint().version.global == ModelVersion{2}; }));
    EXPECT_EQ(local().disk_trouble(), "");
    label(1);
    EXPECT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
}

TEST_F(LocalModelTest, StartsAgainWhereTheDiskHasDamagedWhatTheFleetAcceptedAndSendsItNoSecondTime) {
    open();
    install(1);
    settle();
    label(kRows);
    settle();
    take(1, 1);
    settle();
    local().perform(KeepReceipt{Sequence{1}, {}, {}});
    settle();
    ASSERT_NE(*served_->parameters, weights(1));
    crash();
    std::filesystem::resize_file(folder_.path() / "node.db-update-0", 10);
    for (int start = 0; start < 2; ++start) {
        open();
        settle();
        EXPECT_EQ(*served_->parameters, weights(1)) << start;
        told_.clear();
        take(2, 1);
        settle();
        EXPECT_EQ(told<NothingTaken>(), 1U) << start;
        crash();
    }
    open();
    install(2, 1);
    settle();
    EXPECT_EQ(*served_->parameters, weights(2));
}

// Law: whatever was acknowledged or told before the disk stopped is there after a restart, and is learned once.
// Method: one story, cut off before each of its jobs in turn.
TEST_F(LocalModelTest, LosesNothingThatItAcknowledgedWhereverItStops) {
    std::uint64_t cut = 0;
    for (bool whole = false; !whole; ++cut) {
        SCOPED_TRACE(cut);
        ASSERT_LT(cut, 100U);
        crash();
        for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
            std::filesystem::remove_all(file);
        told_.clear();
        acknowledged_.clear();
        asked_ = learned_ = 0;

        open(cut);
        install(1);
        settle();
        label(kRows + 5);
        settle();
        take(1, 1);
        settle();
        label(kRows);
        settle();
        install(2, 0);
        settle();
        whole = !stopped_;
        const std::uint64_t learned = learned_;
        crash();

        open();
        settle();  // the stores are the storage thread's until it is idle
        std::size_t wrong = 0;
        for (const IncomingLabel& label : acknowledged_) {
            EXPECT_EQ(parts_->labels->label_of(label.request).value()->label, label.label) << label.request;
            wrong += label.label != 0 ? 1 : 0;
        }
        EXPECT_GE(parts_->labels->errors().size().value(), wrong);
        EXPECT_GE(parts_->spool->load().value().spool.size(), told<UpdateSpooled>());
        EXPECT_GE(local().checkpoint().version.global.value, told<VersionInstalled>());
        EXPECT_GE(local().checkpoint().totals.labelled, learned) << "a step that was served is there";
        // Learned and waiting together are all that is on record: none is lost, none is learned twice.
        const std::uint64_t on_record = local().checkpoint().totals.labelled + local().unconsumed();
        EXPECT_GE(on_record, acknowledged_.size());
        EXPECT_LE(on_record, asked_);
    }
    EXPECT_GT(cut, 10U) << "the story has that many jobs";
}

TEST_F(LocalModelTest, AnUpdateIsTheProgressAloneWhateverTheVersionWasRoundedTo) {
    const auto plan = parameters::plan_named("fp8", layout_.blocks()).value();
    auto version = parameters::initial_parameters(spec_, layout_, 3);
    const Bytes encoded = parameters::encode(layout_.blocks(), plan, version).bytes;
    const auto rounded = parameters::decode(layout_.blocks(), plan, encoded).value();
    ASSERT_NE(rounded, version);
    open();
    const wire::Announcement announcement = federation_.announcement(1);
    install({federation_.manifest(1), announcement.manifest, announcement.counted, {WeightEncoding::Float8, 0.01F}},
            encoded);
    settle();
    EXPECT_EQ(told<VersionInstalled>(), 1U);
    EXPECT_EQ(*served_->parameters, rounded);
    take(1, 1);
    settle();
    EXPECT_EQ(told<NothingTaken>(), 1U) << "the rounding is no progress";
}

TEST_F(LocalModelTest, RefusesAVersionWhoseBytesAreNoWeights) {
    const auto plan = parameters::plan_named("fp8", layout_.blocks()).value();
    Bytes encoded = parameters::encode(layout_.blocks(), plan, parameters::initial_parameters(spec_, layout_, 3)).bytes;
    open();
    const auto refused = [this](std::uint64_t version, const Bytes& bytes) {
        told_.clear();
        const wire::Announcement announcement = federation_.announcement(version);
        install(
            {federation_.manifest(version), announcement.manifest, announcement.counted, {WeightEncoding::Float8, 0}},
            bytes);
        settle();
        const auto* const why = told_.size() == 1 ? std::get_if<VersionRefused>(&told_.front()) : nullptr;
        return why == nullptr ? std::string("installed") : why->why;
    };
    const std::size_t scale = layout_.statistics() * sizeof(float);
    const std::byte exponent = encoded[scale];
    encoded[scale] = std::byte{127};
    EXPECT_THAT(refused(1, encoded), ::testing::HasSubstr("light"));
    encoded[scale] = exponent;
    encoded.back() = std::byte{0x7F};
    encoded[encoded.size() - 2] = encoded[encoded.size() - 3] = std::byte{0xFF};
    EXPECT_NE(refused(2, encoded), "installed");
    encoded.pop_back();
    EXPECT_THAT(refused(3, encoded), ::testing::HasSubstr("they must have"));
    EXPECT_TRUE((*parts_->spool->base())->empty());
}

TEST_F(LocalModelTest, InstallsAVersionFromItsDifferenceToTheOneThatItHolds) {
    open();
    install(1);
    settle();
    const std::vector<float> next = parameters::initial_parameters(spec_, layout_, 3);
    Bytes difference;
    for (const parameters::Block& block : layout_.blocks()) {
        wire::put_difference(std::span<const float>(weights(1)).subspan(block.offset, block.count),
                             std::span<const float>(next).subspan(block.offset, block.count), difference);
    }
    const auto with = [&](const Digest& values, const Bytes& bytes) {
        told_.clear();
        const wire::Announcement announcement = federation_.announcement(2);
        InstallVersion order{federation_.manifest(2), announcement.manifest, announcement.counted};
        order.difference = AnnouncedDifference{ModelVersion{1}, {}, bytes.size(), {}, values};
        install(order, bytes);
        settle();
    };
    with(Digest{}, difference);
    EXPECT_EQ(told<VersionUnreadable>(), 1U) << "other weights than were announced";
    const Digest right = crypto::sha256(std::as_bytes(std::span(next)));
    Bytes torn = difference;
    torn.pop_back();
    with(right, torn);
    EXPECT_EQ(told<VersionUnreadable>(), 1U);
    EXPECT_EQ(*parts_->spool->base().value(), weights(1)) << "nothing of it was kept";
    with(right, difference);
    EXPECT_EQ(told<VersionInstalled>(), 1U);
    EXPECT_EQ(parts_->spool->kept(ModelVersion{2}).value(), next);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "node.db-arriving"));
}

TEST_F(LocalModelTest, SaysThatBytesAreNotWhatWasAnnounced) {
    open();
    const wire::Announcement announcement = federation_.announcement(1);
    InstallVersion order{federation_.manifest(1), announcement.manifest, announcement.counted};
    order.digest = order.manifest.digests.back();
    local().perform(BeginVersion{});
    local().perform(StoreModelChunk{0, Federation::bytes_of_floats(weights(2))});
    local().perform(order);
    settle();
    EXPECT_EQ(told<VersionUnreadable>(), 1U);
    EXPECT_TRUE((*parts_->spool->base())->empty());
}

TEST_F(LocalModelTest, KeepsWhatArrivesInMemoryWhereTheDiskHasNoRoom) {
    open();
    FullDisk::full = true;
    install(1);
    until([this] { return !local().disk_trouble().empty(); });
    FullDisk::full = false;
    EXPECT_TRUE(until([this] { return told<VersionInstalled>() == 1; }));
    EXPECT_EQ(parts_->spool->kept(ModelVersion{1}).value(), weights(1));
}

}  // namespace
}  // namespace skerry::node
