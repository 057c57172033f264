/* The tables. Migrations are numbered by their place and only ever added to.
 *
 * Both full-text tables keep no text of their own (content=…): what they index lies in the rows they belong to, and whoever
 * changes an indexed text takes the old one out of the index first, in the same transaction. Invariants:
 *
 *   1. conversations.messages is the number of its messages.
 *   2. A message is in messages_text exactly when its state is not `writing` (1): a growing text would be indexed each second.
 *   3. A conversation is in titles_text, always, with its present title.
 *   4. conversations.bytes is what its messages and attachments take up, and holdings.bytes what all rows of an owner do: their texts, and
 *      ROW bytes for each row. A text that is being written counts once it has ended. Triggers keep this, so that no way of
 *      writing or deleting can forget it; where whole conversations go, their own row goes first, and takes the sum along. */
#include "talk/rows.h"

/* clang-format off */
#define ROW "300"
#define BYTES(x)   "length(CAST(" x " AS BLOB))"
#define MESSAGE(x) "(" ROW " + CASE " x ".state WHEN 1 THEN 0 ELSE " BYTES(x ".content") " END)"
#define TALK(x)    "(" ROW " + " BYTES(x ".title") " + " BYTES(x ".system") " + " BYTES(x ".settings") " + " x ".bytes)"
#define PRESET(x)  "(" ROW " + " BYTES(x ".system") " + " BYTES(x ".settings") ")"
#define ON(name, event)  "CREATE TRIGGER " name " AFTER " event " BEGIN "
#define GROW(row, by)    "UPDATE conversations SET bytes = bytes + " by " WHERE n = " row ".conversation; END;"
#define HOLD(row, by)    "INSERT INTO holdings (owner, bytes) VALUES (" row ".owner, " by ")" \
                         " ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes; END;"
/* clang-format on */

static const char first[] =
    "CREATE TABLE conversations ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL,"
    " title TEXT NOT NULL, folder TEXT, model TEXT, system TEXT NOT NULL, settings TEXT NOT NULL,"
    " leaf INTEGER, messages INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " origin TEXT);" /* of an imported one: what a second import finds again */
    "CREATE INDEX conversations_newest ON conversations (owner, updated_ms DESC, id DESC);"
    "CREATE INDEX conversations_folder ON conversations (owner, folder, updated_ms DESC, id DESC) WHERE folder IS NOT NULL;"
    "CREATE UNIQUE INDEX conversations_origin ON conversations (owner, origin) WHERE origin IS NOT NULL;"
    "CREATE INDEX conversations_age ON conversations (updated_ms);"
    "CREATE TABLE messages ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, conversation INTEGER NOT NULL, parent INTEGER,"
    " role INTEGER NOT NULL, state INTEGER NOT NULL, rating INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL,"
    " model TEXT, error TEXT, prompt_tokens INTEGER, cached_tokens INTEGER, completion_tokens INTEGER, first_ms REAL, decode_ms REAL,"
    " content TEXT NOT NULL);" /* the long one last: what stands before it is read without its pages */
    "CREATE INDEX messages_of ON messages (conversation, n);"
    "CREATE INDEX messages_parent ON messages (parent) WHERE parent IS NOT NULL;"
    "CREATE INDEX messages_writing ON messages (n) WHERE state = 1;"
    "CREATE TABLE attachments ("
    " n INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, message INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,"
    " tokens INTEGER, text TEXT NOT NULL);"
    "CREATE INDEX attachments_of ON attachments (conversation, message, n);"
    "CREATE TABLE presets ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL, name TEXT NOT NULL, system TEXT NOT NULL,"
    " settings TEXT NOT NULL);"
    "CREATE UNIQUE INDEX presets_of ON presets (owner, name);"
    "CREATE VIRTUAL TABLE messages_text USING fts5 (content, content = 'messages', content_rowid = 'n', prefix = '2 3'," TALK_TOKENIZE ");"
    "CREATE VIRTUAL TABLE titles_text USING fts5 (title, content = 'conversations', content_rowid = 'n', prefix = '2 3'," TALK_TOKENIZE
    ");";

/* clang-format off */
static const char holdings[] =
    "ALTER TABLE conversations ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
    "UPDATE conversations SET bytes ="
    " (SELECT coalesce(sum(" MESSAGE("m") "), 0) FROM messages m WHERE m.conversation = conversations.n) +"
    " (SELECT coalesce(sum(" ROW " + t.bytes), 0) FROM attachments t WHERE t.conversation = conversations.n);"
    "CREATE TABLE holdings (owner INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);"
    "INSERT INTO holdings SELECT owner, sum(held) FROM (SELECT owner, " TALK("c") " AS held FROM conversations c"
    " UNION ALL SELECT owner, " PRESET("p") " FROM presets p) GROUP BY owner;"
    ON("message_in", "INSERT ON messages") GROW("NEW", MESSAGE("NEW"))
    ON("message_out", "DELETE ON messages") GROW("OLD", "-" MESSAGE("OLD"))
    ON("message_on", "UPDATE OF content, state ON messages WHEN OLD.state <> 1 OR NEW.state <> 1")
    GROW("NEW", MESSAGE("NEW") " - " MESSAGE("OLD"))
    ON("attachment_in", "INSERT ON attachments") GROW("NEW", "(" ROW " + NEW.bytes)")
    ON("attachment_out", "DELETE ON attachments") GROW("OLD", "-(" ROW " + OLD.bytes)")
    ON("conversation_in", "INSERT ON conversations") HOLD("NEW", TALK("NEW"))
    ON("conversation_out", "DELETE ON conversations") HOLD("OLD", "-" TALK("OLD"))
    ON("conversation_on", "UPDATE OF bytes, title, system, settings ON conversations") HOLD("NEW", TALK("NEW") " - " TALK("OLD"))
    ON("preset_in", "INSERT ON presets") HOLD("NEW", PRESET("NEW"))
    ON("preset_out", "DELETE ON presets") HOLD("OLD", "-" PRESET("OLD"))
    ON("preset_on", "UPDATE OF system, settings ON presets") HOLD("NEW", PRESET("NEW") " - " PRESET("OLD"));
/* clang-format on */

/* What the model thought before it answered. It counts as the text does. */
/* clang-format off */
#define THOUGHTS(x) "(" MESSAGE(x) " + CASE " x ".state WHEN 1 THEN 0 ELSE " BYTES("coalesce(" x ".reasoning, '')") " END)"
static const char thoughts[] =
    "ALTER TABLE messages ADD COLUMN reasoning TEXT;"
    "DROP TRIGGER message_in; DROP TRIGGER message_out; DROP TRIGGER message_on;"
    ON("message_in", "INSERT ON messages") GROW("NEW", THOUGHTS("NEW"))
    ON("message_out", "DELETE ON messages") GROW("OLD", "-" THOUGHTS("OLD"))
    ON("message_on", "UPDATE OF content, reasoning, state ON messages WHEN OLD.state <> 1 OR NEW.state <> 1")
    GROW("NEW", THOUGHTS("NEW") " - " THOUGHTS("OLD"));
/* clang-format on */

/* Calls of tools (calls.c), and what came of them. They count, too. */
/* clang-format off */
#define CALLS(x) "(" THOUGHTS(x) " + CASE " x ".state WHEN 1 THEN 0 ELSE " BYTES("coalesce(" x ".calls, '')") " END)"
static const char calls[] =
    "ALTER TABLE messages ADD COLUMN calls TEXT;"
    "DROP TRIGGER message_in; DROP TRIGGER message_out; DROP TRIGGER message_on;"
    ON("message_in", "INSERT ON messages") GROW("NEW", CALLS("NEW"))
    ON("message_out", "DELETE ON messages") GROW("OLD", "-" CALLS("OLD"))
    ON("message_on", "UPDATE OF content, reasoning, calls, state ON messages WHEN OLD.state <> 1 OR NEW.state <> 1")
    GROW("NEW", CALLS("NEW") " - " CALLS("OLD"));
/* clang-format on */

static const char *const migrations[] = {first, holdings, thoughts, calls};

const struct store_schema talk_schema = {.room = "talk", .migrations = migrations, .n_migrations = sizeof migrations / sizeof *migrations};

const char *const talk_role_names[TALK_ROLE_COUNT] = {[TALK_USER] = "user", [TALK_ASSISTANT] = "assistant", [TALK_TOOL] = "tool"};
const char *const talk_state_names[TALK_STATE_COUNT] = {
    [TALK_DONE] = "done",     [TALK_WRITING] = "writing", [TALK_STOPPED] = "stopped",
    [TALK_LENGTH] = "length", [TALK_FAILED] = "failed",   [TALK_INTERRUPTED] = "interrupted",
};
