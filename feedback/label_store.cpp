#include "feedback/label_store.hpp"

#include "feedback/stored_time.hpp"

namespace skerry::feedback {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE label (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL UNIQUE,
    prediction_order INTEGER NOT NULL,
    at INTEGER NOT NULL,
    global INTEGER NOT NULL,
    local INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    predicted INTEGER NOT NULL,
    probability REAL NOT NULL,
    margin REAL NOT NULL,
    score REAL NOT NULL,
    label INTEGER NOT NULL,
    labelled_at INTEGER NOT NULL,
    sample BLOB                       -- null once learned
);
CREATE INDEX label_to_learn ON label (prediction_order) WHERE sample IS NOT NULL;
CREATE INDEX label_by_order ON label (prediction_order);
CREATE TABLE checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL, committed_at INTEGER NOT NULL);
CREATE TABLE error (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    request TEXT NOT NULL,
    predicted INTEGER NOT NULL,
    truth INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    probability REAL NOT NULL,
    margin REAL NOT NULL,
    score REAL NOT NULL,
    global INTEGER NOT NULL,
    local INTEGER NOT NULL
);
CREATE INDEX error_by_age ON error (at);
)";

// A request id may be used again: a label belongs to one prediction of it.
constexpr const char* kLabelsByPrediction = R"(
CREATE TABLE label_by_prediction (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL,
    prediction_order INTEGER NOT NULL,
    at INTEGER NOT NULL,
    global INTEGER NOT NULL,
    local INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    predicted INTEGER NOT NULL,
    probability REAL NOT NULL,
    margin REAL NOT NULL,
    score REAL NOT NULL,
    label INTEGER NOT NULL,
    labelled_at INTEGER NOT NULL,
    sample BLOB,                      -- null once learned
    UNIQUE (request, prediction_order)
);
INSERT INTO label_by_prediction SELECT * FROM label;
DROP TABLE label;
ALTER TABLE label_by_prediction RENAME TO label;
CREATE INDEX label_to_learn ON label (prediction_order) WHERE sample IS NOT NULL;
CREATE INDEX label_by_order ON label (prediction_order);
)";

// Why an answer was wrong is known when its label is learned.
constexpr const char* kTypesOfErrors = R"(
ALTER TABLE error ADD COLUMN label_row INTEGER NOT NULL DEFAULT 0;
ALTER TABLE error ADD COLUMN type INTEGER NOT NULL DEFAULT 0;
CREATE INDEX error_by_label ON error (label_row);
)";

// A checkpoint of megabytes, twice through the log with each step of learning, was most of what a node wrote.
constexpr const char* kCheckpointFiles = R"(
CREATE TABLE checkpoint_turn (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    committed_at INTEGER NOT NULL
);
)";

// An update counts the errors among the labels that it learned, which are not learned in the order in which they came.
// Before, errors were counted in the order of their ids: what was judged until now keeps its place in that order, and
// numbers go on behind it.
constexpr const char* kJudgedErrors = R"(
ALTER TABLE error ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;  -- number of the step that did; 0: none did
UPDATE error SET judged = id WHERE type <> 0;
CREATE INDEX error_by_judgement ON error (judged);
CREATE TABLE error_judged (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
INSERT INTO error_judged SELECT 1, coalesce(max(id), 0) FROM error;
)";

// feedback/drift_log.hpp
constexpr const char* kDriftAlarms = R"(
CREATE TABLE drift_alarm (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    class INTEGER,                    -- of the labels; null: all
    detector INTEGER NOT NULL,        -- DriftDetector
    before REAL NOT NULL,
    after REAL NOT NULL,
    trigger_number INTEGER NOT NULL,
    global INTEGER NOT NULL,
    local INTEGER NOT NULL
);
)";

}  // namespace

std::vector<std::string> LabelStoreConfig::problems() const {
    std::vector<std::string> problems = errors.problems();
    if (remembered_ids_max < 1 || remembered_ids_max > 100'000'000) {
        problems.emplace_back("labels.remembered_ids_max must be 1 … 100,000,000");
    }
    return problems;
}

Result<std::unique_ptr<LabelStore>> LabelStore::open(const std::filesystem::path& path, LabelStoreConfig config) {
    storage::Database database = SKERRY_TRY(storage::Database::open(path));
    const char* const scripts[] = {kSchema,          kLabelsByPrediction, kTypesOfErrors,
                                   kCheckpointFiles, kJudgedErrors,       kDriftAlarms};
    SKERRY_TRY(database.migrate(scripts));
    std::filesystem::path files = path;
    files += "-checkpoint";
    return std::unique_ptr<LabelStore>(
        new LabelStore(std::move(database), storage::TurnFiles(std::move(files)), config));
}

Result<> LabelStore::append(std::span<const LabelledSample> labels) {
    no_room_for_checkpoint_ = false;
    if (labels.empty()) return {};
    auto transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    auto insert = SKERRY_TRY(database_.prepare(
        "INSERT INTO label (request, prediction_order, at, global, local, tier, predicted, probability, margin, "
        "score, label, labelled_at, sample) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (request, prediction_order) DO NOTHING"));
    std::vector<ErrorRecord> errors;
    for (const LabelledSample& labelled : labels) {
        const Prediction& prediction = labelled.prediction;
        insert.reset().bind(prediction.request, prediction.order, milliseconds_of(prediction.at),
                            prediction.version.global, prediction.version.local,
                            static_cast<std::int64_t>(prediction.tier), prediction.predicted,
                            double{prediction.probability}, double{prediction.margin}, double{prediction.score},
                            labelled.label, milliseconds_of(labelled.labelled_at), prediction.sample);
        SKERRY_TRY(insert.run());
        if (database_.changes() != 1 || labelled.correct()) continue;
        errors.push_back(error_of(labelled));
        errors.back().label_row = static_cast<std::uint64_t>(database_.last_insert_rowid());
    }
    SKERRY_TRY(errors_.append(errors, labels.back().labelled_at));
    return transaction.commit();
}

Result<std::optional<RecordedLabel>> LabelStore::label_of(std::string_view request) {
    auto find =
        SKERRY_TRY(database_.prepare("SELECT label, prediction_order FROM label WHERE request = ? "
                                     "ORDER BY prediction_order DESC LIMIT 1"));
    if (!SKERRY_TRY(find.bind(request).step())) return std::optional<RecordedLabel>();
    return std::optional(RecordedLabel{static_cast<std::uint32_t>(find.uint64(0)), find.uint64(1)});
}

Result<std::vector<LabelledSample>> LabelStore::unconsumed(std::size_t count_max) {
    auto rows = SKERRY_TRY(database_.prepare(
        "SELECT row, request, prediction_order, at, global, local, tier, predicted, probability, margin, score, "
        "label, labelled_at, sample FROM label WHERE sample IS NOT NULL ORDER BY prediction_order, row LIMIT ?"));
    rows.bind(count_max);
    std::vector<LabelledSample> labels;
    while (SKERRY_TRY(rows.step())) {
        LabelledSample& labelled = labels.emplace_back();
        Prediction& prediction = labelled.prediction;
        labelled.row = rows.uint64(0);
        prediction.request = rows.text(1);
        prediction.order = rows.uint64(2);
        prediction.at = time_of(rows.int64(3));
        prediction.version.global.value = rows.uint64(4);
        prediction.version.local = rows.uint64(5);
        prediction.tier = static_cast<Tier>(rows.uint64(6));
        prediction.predicted = static_cast<std::uint32_t>(rows.uint64(7));
        prediction.probability = static_cast<float>(rows.number(8));
        prediction.margin = static_cast<float>(rows.number(9));
        prediction.score = static_cast<float>(rows.number(10));
        labelled.label = static_cast<std::uint32_t>(rows.uint64(11));
        labelled.labelled_at = time_of(rows.int64(12));
        prediction.sample = rows.blob(13);
    }
    return labels;
}

Result<std::uint64_t> LabelStore::unconsumed_count() {
    auto rows = SKERRY_TRY(database_.prepare("SELECT count(*) FROM label WHERE sample IS NOT NULL"));
    static_cast<void>(SKERRY_TRY(rows.step()));
    return rows.uint64(0);
}

Result<> LabelStore::commit_step(const StepCommit& step) {
    using Turn = storage::TurnFiles::Turn;
    const std::optional<Turn> before = SKERRY_TRY(turn());
    std::uint64_t size = 0;
    for (const ByteView part : step.checkpoint)
        size += part.size();
    const Turn next = before ? before->next(size) : Turn{1, size};
    const Result<> written = checkpoints_.write(next, step.checkpoint);
    no_room_for_checkpoint_ = checkpoints_.disk_full();
    SKERRY_TRY(written);

    auto transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    {
        auto consume =
            SKERRY_TRY(database_.prepare("UPDATE label SET sample = NULL WHERE row = ? AND sample IS NOT NULL"));
        for (const std::uint64_t row : step.consumed) {
            SKERRY_TRY(consume.reset().bind(row).run());
            if (database_.changes() != 1) {
                return fail(ErrorCode::Conflict, "label row " + std::to_string(row) + " was learned from already");
            }
        }
    }
    SKERRY_TRY(errors_.judge(step.errors));
    SKERRY_TRY(errors_.prune(step.now));
    SKERRY_TRY(alarms_.append(step.alarms));
    SKERRY_TRY(database_.run(
        "INSERT INTO checkpoint_turn (id, number, size, committed_at) VALUES (1, ?, ?, ?) ON CONFLICT (id) "
        "DO UPDATE SET number = excluded.number, size = excluded.size, committed_at = excluded.committed_at",
        next.number, next.size, milliseconds_of(step.now)));
    if (!before) SKERRY_TRY(database_.run("DELETE FROM checkpoint"));
    SKERRY_TRY(database_.run("DELETE FROM label WHERE sample IS NULL AND row <= (SELECT max(row) FROM label) - ?",
                             config_.remembered_ids_max));
    return transaction.commit();
}

Result<std::optional<Bytes>> LabelStore::checkpoint() {
    if (const auto current = SKERRY_TRY(turn()))
        return checkpoints_.read(*current).map([](Bytes bytes) { return std::optional(std::move(bytes)); });
    // As it was kept before there were files.
    auto rows = SKERRY_TRY(database_.prepare("SELECT bytes FROM checkpoint WHERE id = 1"));
    if (!SKERRY_TRY(rows.step())) return std::optional<Bytes>();
    return std::optional(rows.blob(0));
}

Result<std::optional<storage::TurnFiles::Turn>> LabelStore::turn() {
    auto rows = SKERRY_TRY(database_.prepare("SELECT number, size FROM checkpoint_turn WHERE id = 1"));
    if (!SKERRY_TRY(rows.step())) return std::optional<storage::TurnFiles::Turn>();
    return std::optional(storage::TurnFiles::Turn{rows.uint64(0), rows.uint64(1)});
}

Result<std::uint64_t> LabelStore::next_order() {
    auto rows = SKERRY_TRY(database_.prepare("SELECT max(prediction_order) FROM label"));
    static_cast<void>(SKERRY_TRY(rows.step()));
    return rows.is_null(0) ? 1 : rows.uint64(0) + 1;
}

}  // namespace skerry::feedback
