#include "coordinator/ledger/comparison.hpp"

#include <algorithm>

#include "coordinator/ledger/schema.hpp"

namespace skerry::coordinator::ledger {
namespace {

constexpr std::size_t kValueShown = 24;

// What SQLite's quote() says, as people read it: bytes in lower case, long ones shortened.
std::string shown(std::string value) {
    if (value.starts_with("X'")) {
        value = value.substr(2, value.size() - 3);
        std::transform(value.begin(), value.end(), value.begin(),
                       [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
    if (value.size() > kValueShown) value = value.substr(0, kValueShown / 2) + "…";
    return value;
}

class TableComparison {
public:
    TableComparison(storage::Database& database, std::string table, const std::string& attached, std::size_t shown_max)
        : database_(database),
          table_(std::move(table)),
          ours_("main." + table_),
          theirs_(attached + "." + table_),
          shown_max_(shown_max) {}

    Result<> add_to(Differences& found) {
        SKERRY_TRY(read_columns());
        SKERRY_TRY(missing(found, theirs_, ours_, " lacks the row of "));
        SKERRY_TRY(missing(found, ours_, theirs_, " has a row that the journal does not know, of "));
        return changed(found);
    }

private:
    Result<> read_columns() {
        auto columns = SKERRY_TRY(database_.prepare("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid"));
        columns.bind(table_);
        while (SKERRY_TRY(columns.step()))
            (columns.int64(1) != 0 ? key_ : rest_).push_back(columns.text(0));
        return {};
    }

    std::string same_key(const std::string& a, const std::string& b) const {
        std::string condition;
        for (const std::string& column : key_) {
            condition.append(condition.empty() ? "" : " AND ").append(a).append(".").append(column);
            condition.append(" = ").append(b).append(".").append(column);
        }
        return condition;
    }

    // "node 5f0c…, sequence 3", from the first columns of a row.
    std::string row_of(const storage::Statement& row) const {
        std::string text;
        for (std::size_t i = 0; i < key_.size(); ++i)
            text.append(i == 0 ? "" : ", ").append(key_[i] + " " + shown(row.text(static_cast<int>(i))));
        return text;
    }

    Result<> missing(Differences& found, const std::string& has, const std::string& lacks, const std::string& says) {
        std::string keys;
        for (const std::string& column : key_)
            keys.append(keys.empty() ? "" : ", ").append("quote(a." + column + ")");
        auto rows =
            SKERRY_TRY(database_.prepare("SELECT " + keys + " FROM " + has + " a WHERE NOT EXISTS (SELECT 1 FROM " +
                                         lacks + " b WHERE " + same_key("a", "b") + ") LIMIT ?"));
        rows.bind(shown_max_ + 1);
        for (std::size_t row = 0; SKERRY_TRY(rows.step()); ++row)
            report(found, row, says + row_of(rows));
        return {};
    }

    Result<> changed(Differences& found) {
        if (rest_.empty()) return {};
        std::string columns, differs;
        for (const std::string& column : key_)
            columns.append(columns.empty() ? "" : ", ").append("quote(a." + column + ")");
        for (const std::string& column : rest_) {
            columns.append(", quote(a.").append(column).append("), quote(b.").append(column).append(")");
            differs.append(differs.empty() ? "a." : " OR a.").append(column).append(" IS NOT b.").append(column);
        }
        auto rows = SKERRY_TRY(database_.prepare("SELECT " + columns + " FROM " + ours_ + " a JOIN " + theirs_ +
                                                 " b ON " + same_key("a", "b") + " WHERE " + differs + " LIMIT ?"));
        rows.bind(shown_max_ + 1);
        for (std::size_t row = 0; SKERRY_TRY(rows.step()); ++row) {
            std::string what;
            int column = static_cast<int>(key_.size());
            for (const std::string& name : rest_) {
                const std::string ours = rows.text(column), theirs = rows.text(column + 1);
                column += 2;
                if (ours == theirs) continue;
                what.append(what.empty() ? "" : ", ").append(name + " is " + shown(ours) + ", not " + shown(theirs));
            }
            report(found, row, " says otherwise than the journal of " + row_of(rows) + ": " + what);
        }
        return {};
    }

    void report(Differences& found, std::size_t row, const std::string& what) {
        if (row >= shown_max_) {
            found.more = true;
        } else {
            found.sentences.push_back("the table " + table_ + what);
        }
    }

    storage::Database& database_;
    std::string table_, ours_, theirs_;
    std::size_t shown_max_;
    std::vector<std::string> key_, rest_;
};

}  // namespace

Result<Differences> compare_projections(storage::Database& database, const std::string& attached,
                                        std::size_t shown_max) {
    Differences found;
    for (const char* const table : kProjections)
        SKERRY_TRY(TableComparison(database, table, attached, shown_max).add_to(found));
    return found;
}

}  // namespace skerry::coordinator::ledger
