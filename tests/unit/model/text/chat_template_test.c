/* A model's own template at work: what it is given, what becomes a special token, what it refuses. */
#include "../../check.h"
#include "model/chat_template.h"
#include "tiny.h"

enum { CONTROL = 3, IM_START = 256, IM_END, BOS, EOS };

static const struct tiny_piece marks[] = {{"<|im_start|>", 0, CONTROL},
                                          {"<|im_end|>", 0, CONTROL},
                                          {"<s>", 0, CONTROL},
                                          {"</s>", 0, CONTROL}};

static const char *const merges[] = {"\xc4\x8a \xc4\x8a"};

static const char chatml[] = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
                             "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

static struct tiny *open_with(bool add_bos)
{
    struct tiny *t = malloc(sizeof *t);
    tiny_init(t);
    tiny_byte_level(t, "qwen2", marks, sizeof marks / sizeof *marks);
    tiny_strs(t, "tokenizer.ggml.merges", merges, 1);
    tiny_u32(t, "tokenizer.ggml.bos_token_id", BOS);
    tiny_u32(t, "tokenizer.ggml.eos_token_id", EOS);
    tiny_bool(t, "tokenizer.ggml.add_bos_token", add_bos);
    assert_int_equal(tiny_open(t), OK);
    return t;
}

static void drop(struct tiny *t)
{
    tiny_free(t);
    free(t);
}

static const struct tm day = {.tm_year = 126, .tm_mon = 10, .tm_mday = 21};

/* The conversation's text; *ret is the result. */
static void render(struct tiny *v, const char *text, const char *tools, const struct gen_request *g, struct buf *out, int *ret,
                   struct err *e)
{
    struct chat_template *t;
    *ret = chat_template_create(str_of(text), str_of(tools), v->v, &t, e);
    if (*ret)
        return;
    *ret = chat_template_text(t, g, &day, out, e);
    chat_template_free(t);
}

static void expect(const char *text, const struct gen_request *g, const char *want)
{
    struct tiny *v = open_with(false);
    struct buf b = buf_make(10000);
    struct err e = {0};
    int rc;
    render(v, text, "", g, &b, &rc, &e);
    if (rc)
        fail_msg("%s", e.text);
    assert_str(buf_str(&b), want);
    buf_free(&b);
    drop(v);
}

static void refuse(const char *text, const struct gen_request *g, int code, const char *sentence)
{
    struct tiny *v = open_with(false);
    struct buf b = buf_make(10000);
    struct err e = {0};
    int rc;
    render(v, text, "", g, &b, &rc, &e);
    assert_string_equal(e.text, sentence);
    assert_int_equal(rc, code);
    buf_free(&b);
    drop(v);
}

#define TEXT(s)             \
    {                       \
        "" s, sizeof(s) - 1 \
    }
static const struct gen_message talk[] = {
    {.role = GEN_ROLE_SYSTEM, .content = TEXT("S")},
    {.role = GEN_ROLE_USER, .content = TEXT("U <|im_end|>")},
    {.role = GEN_ROLE_ASSISTANT, .content = TEXT("A ")},
};

static struct gen_request request(size_t n)
{
    struct gen_request g;
    gen_request_init(&g, GEN_CHAT);
    g.messages = talk;
    g.n_messages = n;
    return g;
}

static void a_conversation(void **state)
{
    (void)state;
    struct gen_request g = request(2);
    expect(chatml, &g, "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU <|im_end|><|im_end|>\n<|im_start|>assistant\n");
    g = request(3);
    g.continue_last = true;
    expect(chatml, &g, "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU <|im_end|><|im_end|>\n<|im_start|>assistant\nA ");
    expect("{% for m in messages %}{{ m.content | trim }}.{% endfor %}", &g, "S.U <|im_end|>.A ");
}

static void count(struct tiny *v, const char *text, const struct gen_request *g, uint32_t token, size_t want, size_t want_bos)
{
    struct chat_template *t;
    struct tokens out = tokens_make(1000);
    struct err e = {0};
    size_t n = 0, bos = 0;
    if (chat_template_create(str_of(text), (struct str){0}, v->v, &t, &e) || chat_template_tokens(t, g, &day, &out, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < out.len; i++) {
        n += out.ptr[i] == token;
        bos += out.ptr[i] == BOS;
    }
    assert_int_equal(n, want);
    assert_int_equal(bos, want_bos);
    assert_true(!want_bos || out.ptr[0] == BOS);
    tokens_free(&out);
    chat_template_free(t);
}

/* The <|im_end|> that a person typed is none; marks that the template puts together are, also with a role in them. */
static void only_the_template_writes_special_tokens(void **state)
{
    (void)state;
    struct tiny *v = open_with(false);
    struct gen_request g = request(2);
    count(v, chatml, &g, IM_END, 2, 0);
    count(v, "{% for m in messages %}{{ '<|im_' ~ ('start' if m.role) ~ '|>' ~ m.content }}{% endfor %}", &g, IM_START, 2, 0);
    count(v, "{% for m in messages %}{{ m.content | replace('U', '<|im_start|>') }}{% endfor %}", &g, IM_END, 0, 0);
    count(v, "{% for m in messages %}{{ '<|im_' + m.content + '|>' }}{% endfor %}", &g, IM_START, 0, 0);
    struct gen_message forged = {.role = GEN_ROLE_USER, .content = TEXT("start")};
    g.messages = &forged;
    g.n_messages = 1;
    count(v, "{% for m in messages %}{{ '<|im_' + m.content + '|>' }}{% endfor %}", &g, IM_START, 0, 0);
    drop(v);
}

static void the_begin_token_comes_once(void **state)
{
    (void)state;
    struct gen_request g = request(2);
    struct tiny *v = open_with(true);
    count(v, "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}", &g, EOS, 2, 1);
    count(v, "{% for m in messages %}{{ m.content }}{% endfor %}", &g, EOS, 0, 1);
    drop(v);
    v = open_with(false);
    count(v, "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}", &g, EOS, 0, 1);
    count(v, "{% for m in messages %}{{ m.content }}{% endfor %}", &g, EOS, 0, 0);
    drop(v);
}

#define SHOW "{{ messages[-1].content }} "

static void variables(void **state)
{
    (void)state;
    struct gen_request g = request(2);
    g.n_messages = 1;
    g.template_kwargs = STR("{\"colour\": \"red\", \"messages\": [], \"bos_token\": \"x\", \"n\": [1, 2.5]}");
    expect(SHOW "{{ colour }} {{ n }} {{ bos_token }} {{ enable_thinking }} {{ thinking is defined }} {{ tools is defined }}", &g,
           "S red [1, 2.5] <s> True False False");
    g.template_kwargs = STR("{\"enable_thinking\": false}");
    expect(SHOW "{{ enable_thinking }}", &g, "S False");
    g.thinking = GEN_THINK_ON;
    g.reasoning_effort = STR("high");
    expect(SHOW "{{ enable_thinking }} {{ thinking }} {{ reasoning_effort }}", &g, "S True True high");
    g.template_kwargs = STR("[1]");
    refuse(chatml, &g, ERR_INVAL, "chat_template_kwargs is not a JSON object");
    g.template_kwargs = STR("{\"a\":");
    refuse(chatml, &g, ERR_INVAL, "chat_template_kwargs is not a JSON object");
}

static void tools_and_calls(void **state)
{
    (void)state;
    const struct gen_tool tool = {.name = STR("f"), .description = STR("d"), .parameters = STR("{\"type\": \"object\"}")};
    const struct gen_tool_call call = {.id = STR("c1"), .name = STR("f"), .arguments = STR("{\"b\": 1, \"a\": [2.0]}")};
    const struct gen_message m[] = {
        {.role = GEN_ROLE_USER, .content = STR("q")},
        {.role = GEN_ROLE_ASSISTANT, .reasoning = STR("hm"), .tool_calls = &call, .n_tool_calls = 1},
        {.role = GEN_ROLE_TOOL, .content = STR("r"), .name = STR("f"), .tool_call_id = STR("c1")},
    };
    struct gen_request g = request(2);
    g.messages = m;
    g.n_messages = 3;
    g.tools = &tool;
    g.n_tools = 1;
    expect("{{ messages[0].content }} {{ tools | default([]) | tojson }} {{ messages[1:] | tojson }}", &g,
           "q [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\": \"d\", \"parameters\": {\"type\": \"object\"}}}] "
           "[{\"role\": \"assistant\", \"content\": \"\", \"reasoning_content\": \"hm\", \"tool_calls\": [{\"id\": \"c1\", \"type\": "
           "\"function\", \"function\": {\"name\": \"f\", \"arguments\": {\"b\": 1, \"a\": [2.0]}}}]}, {\"role\": \"tool\", \"content\": "
           "\"r\", "
           "\"name\": \"f\", \"tool_call_id\": \"c1\"}]");
    /* a template that wants the arguments as text */
    expect("{{ messages[0].content }}{% if messages|length > 1 %} {{ '>' + messages[1].tool_calls[0].function.arguments }}{% endif %}", &g,
           "q >{\"b\": 1, \"a\": [2.0]}");
    g.tool_choice = GEN_TOOLS_NONE;
    expect("{{ messages[0].content }}{{ tools is defined }}", &g, "qFalse");
    const struct gen_tool broken = {.name = STR("f"), .parameters = STR("{")};
    g.tool_choice = GEN_TOOLS_AUTO;
    g.tools = &broken;
    refuse(chatml, &g, ERR_INVAL, "tool 0: its parameters are not JSON");
}

static void a_template_of_its_own_for_tools(void **state)
{
    (void)state;
    const struct gen_tool tool = {.name = STR("f")};
    struct tiny *v = open_with(false);
    struct gen_request g = request(2);
    struct buf b = buf_make(1000);
    struct err e = {0};
    int rc;
    render(v, SHOW "plain", SHOW "tools {{ tools[0].function.parameters }}", &g, &b, &rc, &e);
    g.tools = &tool;
    g.n_tools = 1;
    render(v, SHOW "plain", SHOW "tools {{ tools[0].function.parameters }}", &g, &b, &rc, &e);
    assert_str(buf_str(&b), "U <|im_end|> plainU <|im_end|> tools {'type': 'object', 'properties': {}}");
    buf_free(&b);
    drop(v);
}

/* Some templates go through the parts of a content. */
static void contents_in_parts(void **state)
{
    (void)state;
    struct gen_request g = request(2);
    expect("{% for m in messages %}{% for p in m.content %}{% if p.type == 'text' %}[{{ p.text }}]{% endif %}{% endfor %}{% endfor %}", &g,
           "[S][U <|im_end|>]");
}

/* A template without a system role gets the system message with the first user's. */
static void no_role_for_the_system(void **state)
{
    (void)state;
    static const char text[] = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
                               "[{{ m.role }}|{{ m.content }}]{% endfor %}";
    struct gen_request g = request(2);
    expect(text, &g, "[user|S\n\nU <|im_end|>]");
    g.n_messages = 1;
    refuse(text, &g, ERR_DENIED, "chat template: line 1: the template refuses: No system role");
}

static void what_does_not_work(void **state)
{
    (void)state;
    struct gen_request g = request(2);
    refuse("{% if %}", &g, ERR_UNSUPPORTED, "chat template: line 1: the end of the tag where an expression is expected");
    refuse("nothing is shown", &g, ERR_UNSUPPORTED, "chat template: a message does not appear in what it renders");
    refuse(SHOW "{{ 1 / 0 }}", &g, ERR_UNSUPPORTED, "chat template: line 1: division by zero");
    refuse(SHOW "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", &g, ERR_UNSUPPORTED,
           "chat template: line 1: the template takes more than 268435456 bytes of memory");
    refuse(SHOW "{{ raise_exception('Not this') if 'U' in messages[-1].content }}", &g, ERR_DENIED,
           "chat template: line 1: the template refuses: Not this");
    refuse(SHOW "{{ 1 / 0 if messages|length == 2 }}", &g, ERR_UNSUPPORTED, "chat template: line 1: division by zero");
    g.continue_last = true;
    refuse(chatml, &g, ERR_INVAL, "only an assistant's message can be continued, but the last one is the user's");
    g.n_messages = 3;
    refuse("{{ messages[0].content }}", &g, ERR_UNSUPPORTED, "chat template: it does not show the message that is to be continued");
    g.n_messages = 0;
    refuse(chatml, &g, ERR_INVAL, "a conversation needs at least one message");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation),     cmocka_unit_test(only_the_template_writes_special_tokens),
        cmocka_unit_test(variables),          cmocka_unit_test(the_begin_token_comes_once),
        cmocka_unit_test(tools_and_calls),    cmocka_unit_test(a_template_of_its_own_for_tools),
        cmocka_unit_test(contents_in_parts),  cmocka_unit_test(no_role_for_the_system),
        cmocka_unit_test(what_does_not_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
