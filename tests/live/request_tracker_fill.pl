# Fills a Request Tracker from inside with a world: what happened, one thing after the other, so that ids rise with
# time. It is told what to do in lines of JSON and answers each with a line. Rows are made by the product's own classes;
# what those do not take (owners who may not own, times of what hangs on a message) is set behind them. No scrip runs.
use strict;
use warnings;
use Encode ();
use JSON ();
use MIME::Base64 qw(decode_base64);
use MIME::Entity ();
use MIME::Types ();
use POSIX qw(strftime);

my %STATUS_OF = (
    new => 'new', open => 'open', pending => 'stalled', waiting => 'stalled', solved => 'resolved',
    closed => 'resolved', rejected => 'rejected', cancelled => 'rejected',
);
my %PRIORITY_OF = (low => 0, medium => 50, normal => 50, high => 100, urgent => 100, critical => 100);
my %ENDS = map { $_ => 1 } qw(resolved rejected deleted);
my $NOTHING = 'application/octet-stream';
my $TAGS = 'Tags';
my %OWN_FIELDS = (
    'External ID' => 'FreeformSingle', $TAGS => 'FreeformMultiple', 'Due On' => 'DateTimeSingle',
    'Original Created' => 'DateTimeSingle',
);
my $ADDRESS = 'fsck.com-rt://' . RT->Config->Get('Organization') . '/ticket/';

# Of the world that was begun: its people's ids by position, its fields by name, its tickets by position.
my (@people, %fields, @made);

my %DO = (begin => \&begin, add => \&add, change => \&change);

open my $answers, '>&', \*STDOUT or die "answers: $!\n";
open STDOUT, '>&', \*STDERR or die "output: $!\n";    # whatever else speaks here answers nobody
$answers->autoflush(1);
my $json = JSON->new->utf8->canonical;
while (defined(my $line = <STDIN>)) {
    my $told = $json->decode($line);
    my ($done, $problem) = attempt($DO{ $told->{do} }, $told);
    print {$answers} $json->encode(defined $problem ? { error => $problem } : { done => $done }), "\n";
}

# All of it or nothing.
sub attempt {
    my ($work, $told) = @_;
    my $done;
    my $well = eval {
        forget();
        $RT::Handle->BeginTransaction;
        $done = $work->($told);
        $RT::Handle->Commit;
        1;
    };
    return $done if $well;
    my $problem = "$@" || 'without a word';
    $RT::Handle->ForceRollback;
    return undef, $problem;
}

# The database may have been set back meanwhile.
sub forget {
    RT::Principal->InvalidateACLCache;
    DBIx::SearchBuilder::Record::Cachable->FlushCache;
    delete $RT::System->{attributes};
    RT::ObjectCustomFieldValues::ClearOCFVCache();
    return;
}

sub done {
    my ($well, $said) = @_;
    die "$said\n" unless $well;
    return $well;
}

sub moment { return strftime('%Y-%m-%d %H:%M:%S', gmtime shift) }

sub sql {
    my ($statement, @values) = @_;
    return $RT::Handle->dbh->do($statement, undef, @values);
}

# --- a world without tickets

sub begin {
    my $world = shift->{world};
    my $privileged = RT::Group->new(RT->SystemUser);
    $privileged->LoadSystemInternalGroup('Privileged');
    my $principal = $privileged->PrincipalObj;
    done($principal->GrantRight(Right => 'OwnTicket', Object => RT->System))
        unless $principal->HasRight(Right => 'OwnTicket', Object => RT->System);
    add_queue($_) for @{ $world->{queues} };
    %fields = ();
    add_field($_, $OWN_FIELDS{$_}) for sort keys %OWN_FIELDS;
    for my $name (sort keys %{ $world->{custom} }) {
        my @options = @{ $world->{custom}{$name} };
        add_field($name, @options ? 'SelectSingle' : 'FreeformSingle', @options) unless $OWN_FIELDS{$name};
    }
    @people = map { add_person($_) } @{ $world->{people} };
    @made = ();
    return;
}

sub add_queue {
    my $name = shift;
    my $queue = RT::Queue->new(RT->SystemUser);
    $queue->Load($name);
    done($queue->Create(Name => $name)) unless $queue->id;
    return;
}

sub add_field {
    my ($name, $type, @options) = @_;
    my $field = RT::CustomField->new(RT->SystemUser);
    $field->LoadByCols(Name => $name, LookupType => 'RT::Queue-RT::Ticket');
    if (!$field->id) {
        done($field->Create(Name => $name, Type => $type, LookupType => 'RT::Queue-RT::Ticket'));
        done($field->AddToObject(RT::Queue->new(RT->SystemUser)));    # every queue
    }
    my %known = @options ? map { $_->Name => 1 } @{ $field->Values->ItemsArrayRef } : ();
    done($field->AddValue(Name => $_)) for grep { !$known{$_} } @options;
    $fields{$name} = $field->id;
    return;
}

# Whoever works here has a login; whoever only wrote is called by their address; who was erased has no name.
sub add_person {
    my $seed = shift;
    my ($user, $email) = (RT::User->new(RT->SystemUser), $seed->{deleted} ? '' : $seed->{email});
    $user->LoadByCols(EmailAddress => $email) if $email;
    return $user->id if $user->id;
    my ($local) = $seed->{email} =~ /^([^@]*)/;
    my $login = $seed->{agent} && $local && is_free($local) ? $local : $seed->{email};
    $login = $user->GenerateAnonymousName if $seed->{deleted} || !$login;
    my ($id, $said) = $user->Create(
        Name => $login, EmailAddress => $email, Privileged => $seed->{agent} ? 1 : 0,
        Disabled => $seed->{disabled} || $seed->{deleted} ? 1 : 0,
        RealName => $seed->{deleted} ? '' : join(' ', grep { length } @{$seed}{qw(name lastname)}),
    );
    return done($id, $said);
}

sub is_free {
    my $user = RT::User->new(RT->SystemUser);
    $user->LoadByCols(Name => shift);
    return !$user->id;
}

sub whom {
    my $position = shift;
    return defined $position && $position >= 0 ? $people[$position] : RT->Nobody->id;
}

# --- tickets and what happened to them

sub add {
    my @seeds = @{ shift->{tickets} };
    my $first = @made;
    push @made, map { blank($_) } @seeds;
    my ($before) = $RT::Handle->dbh->selectrow_array('select coalesce(max(id), 0) from transactions');
    my @events = events($first);
    $_->[2]->() for sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @events;
    my @new = @made[ $first .. $#made ];
    settle($_) for @new;
    settle_all($new[0]{id}, $before);
    return [ map { $_->{id} } @new ];
}

# A ticket as it stands before anything is known of it.
sub blank {
    my $seed = shift;
    my %texts = map { $_ => [ $seed->{custom}{$_} ] } keys %{ $seed->{custom} };
    $texts{$TAGS} = $seed->{tags} if @{ $seed->{tags} };
    my $queue = RT::Queue->new(RT->SystemUser);
    $queue->Load($seed->{queue});
    my $creator = whom($seed->{creator});
    my ($id, undef, $said) = RT::Ticket->new(RT->SystemUser)->Create(
        Queue => $queue->id || 'General', Subject => $seed->{title}, Status => 'new', Type => 'ticket',
        Priority => $PRIORITY_OF{ $seed->{priority} }, Creator => $creator, Created => moment($seed->{created}),
        Requestor => $seed->{requester} >= 0 ? [ whom($seed->{requester}) ] : [],
        Cc => [ map { whom($_) } grep { $_ >= 0 } @{ $seed->{cc} } ],
        (map { ("CustomField-$fields{$_}" => $texts{$_}) } grep { $fields{$_} } sort keys %texts),
        _RecordTransaction => 0,
    );
    done($id, $said);
    return {
        id => $id, seed => $seed, creator => $creator, owner => whom($seed->{assignee}), status => 'new', worked => 0,
        updated => $seed->{created}, updater => $creator,
    };
}

# When, in which place among equals, and what. A ticket is made before anything happens to it, in the world's order.
sub events {
    my $first = shift;
    my ($born, @events) = (0);
    for my $index ($first .. $#made) {
        my ($ticket, $seed) = ($made[$index], $made[$index]{seed});
        $born = $seed->{created} if $seed->{created} > $born;
        push @events, [ $born, 4 * $index, sub { is_born($ticket) } ];
        for my $said (@{ $seed->{comments} }) {
            push @events, [ latest($born, $said->{at}), 4 * $index + 1, sub { is_said($ticket, $said) } ];
        }
        for my $work (@{ $seed->{work} }) {
            push @events, [ latest($born, $work->{at}), 4 * $index + 1, sub { is_worked($ticket, $work) } ];
        }
        my $last = latest($born, $seed->{updated}, map { $_->{at} } @{ $seed->{comments} });
        push @events, [ $last, 4 * $index + 2, sub { ends($ticket, $last) } ];
        my @others = map { $made[$_] } @{ $seed->{links} };
        my $both = latest($born, map { $_->{seed}{created} } @others);
        push @events, [ $both, 4 * @made + $index, sub { refers($ticket, $_) for @others } ] if @others;
    }
    return @events;
}

sub latest { return (sort { $b <=> $a } @_)[0] }

sub record {
    my ($ticket, $type, $by, $at, %more) = @_;
    my ($id, $said) = RT::Transaction->new(RT->SystemUser)->Create(
        ObjectType => 'RT::Ticket', ObjectId => $ticket->{id}, Type => $type, Creator => $by, Created => moment($at),
        ActivateScrips => 0, %more,
    );
    done($id, $said);
    $ticket->{updated} = latest($ticket->{updated}, $at);
    $ticket->{updater} = $by unless $by == RT->SystemUser->id;
    return $id;
}

sub is_born {
    my $ticket = shift;
    my $seed = $ticket->{seed};
    my $is_told = length $seed->{body} || @{ $seed->{files} };
    my @message = $is_told ? (MIMEObj => message($seed->{title}, $seed)) : ();
    my $id = record($ticket, 'Create', $ticket->{creator}, $seed->{created}, @message);
    name_files($id, $seed);
    return;
}

sub is_said {
    my ($ticket, $seed) = @_;
    my ($type, $author, $at) = ($seed->{private} ? 'Comment' : 'Correspond', whom($seed->{author}), $seed->{at});
    my $id = record($ticket, $type, $author, $at, Data => 'No Subject', MIMEObj => message('', $seed));
    name_files($id, $seed);
    return if $seed->{private};
    $ticket->{told} = $at;
    # As the scrip does it that opens a ticket when somebody answers.
    move($ticket, 'open', RT->SystemUser->id, $at) if $ticket->{status} eq 'new' || $ENDS{ $ticket->{status} };
    return;
}

sub is_worked {
    my ($ticket, $seed) = @_;
    my ($old, $minutes) = ($ticket->{worked}, sprintf '%.0f', $seed->{seconds} / 60);
    $ticket->{worked} += $minutes;
    record(
        $ticket, 'Set', whom($seed->{author}), $seed->{at}, Field => 'TimeWorked', OldValue => $old,
        NewValue => $ticket->{worked}, TimeTaken => $minutes,
    );
    return;
}

sub ends {
    my ($ticket, $at) = @_;
    my $seed = $ticket->{seed};
    my ($status, $by) = ($STATUS_OF{ $seed->{status} }, $ticket->{owner});
    $by = $ticket->{creator} if $by == RT->Nobody->id;
    if ($status ne $ticket->{status}) {
        move($ticket, $status, $by, $at);
    } elsif ($at > $ticket->{updated}) {
        my $priority = $PRIORITY_OF{ $seed->{priority} };
        record($ticket, 'Set', $by, $at, Field => 'Priority', OldValue => 0, NewValue => $priority);
    }
    return;
}

sub move {
    my ($ticket, $status, $by, $at) = @_;
    $ticket->{started} = $at if $ticket->{status} eq 'new' && !$ticket->{started};
    $ticket->{resolved} = $at if $ENDS{$status};
    record($ticket, 'Status', $by, $at, Field => 'Status', OldValue => $ticket->{status}, NewValue => $status);
    $ticket->{status} = $status;
    return;
}

sub refers {
    my ($ticket, $other) = @_;
    my ($base, $target) = map { $ADDRESS . $_->{id} } $ticket, $other;
    done(RT::Link->new(RT->SystemUser)->Create(Base => $base, Target => $target, Type => 'RefersTo'));
    return;
}

# What became of a ticket in the end.
sub settle {
    my $ticket = shift;
    my @moments = map { $ticket->{$_} ? moment($ticket->{$_}) : undef } qw(started resolved told updated);
    sql(
        'update tickets set started = coalesce(?, started), resolved = coalesce(?, resolved), told = ?, lastupdated = ?,'
            . ' status = ?, owner = ?, timeworked = ?, lastupdatedby = ? where id = ?',
        @moments, @{$ticket}{qw(status owner worked updater id)},
    );
    return;
}

# Owners in their groups, and whose and of when the parts of messages are.
sub settle_all {
    my ($first, $before) = @_;
    for my $members (qw(groupmembers cachedgroupmembers)) {
        sql(
            "update $members m set memberid = t.owner from groups g, tickets t where g.domain = 'RT::Ticket-Role'"
                . " and g.name = 'Owner' and g.instance = t.id and t.id >= ? and m.groupid = g.id and m.memberid = ?"
                . ' and t.owner <> m.memberid',
            $first, RT->Nobody->id,
        );
    }
    sql(
        'update attachments a set creator = t.creator, created = t.created from transactions t'
            . ' where t.id = a.transactionid and t.id > ?',
        $before,
    );
    return;
}

# --- what is said

sub message {
    my ($subject, $seed) = @_;
    $subject =~ s/[\r\n]+//g;
    my $whole = MIME::Entity->build(Type => 'multipart/mixed', Subject => Encode::encode('UTF-8', $subject));
    $whole->attach(text_part($seed->{body}));
    $whole->attach(file_part($_)) for @{ $seed->{files} };
    RT::I18N::SetMIMEEntityToUTF8($whole);
    return $whole;
}

sub text_part {
    my $text = shift;
    return (Type => $NOTHING, Data => '') unless length $text;
    $text =~ s/\r\n/\n/g;
    my $type = $text =~ /[<&]/ ? 'text/html' : 'text/plain';
    return (Type => $type, Charset => 'UTF-8', Data => Encode::encode('UTF-8', $text));
}

sub file_part {
    my $file = shift;
    my $type = MIME::Types->new->mimeTypeOf($file->{name}) || $NOTHING;
    my ($kind, $name) = map { Encode::encode('UTF-8', "$_") } $type, $file->{name};
    return (Type => $kind, Filename => $name, Data => decode_base64($file->{content}));
}

# The name as it is behind its last slash: what a mail's head makes of quotes and backslashes is not what anybody sent.
sub name_files {
    my ($transaction, $seed) = @_;
    my @files = @{ $seed->{files} } or return;
    my $rows = $RT::Handle->dbh->selectcol_arrayref(
        'select id from attachments where transactionid = ? order by id', undef, $transaction,
    );
    splice @$rows, 0, 2;    # the whole, the text
    die 'a message has ' . @$rows . ' files instead of ' . @files . "\n" unless @$rows == @files;
    for my $id (@$rows) {
        my ($name) = (shift @files)->{name} =~ m{([^/]*)\z};
        sql('update attachments set filename = ? where id = ?', $name, $id);
    }
    return;
}

# --- somebody works on it

sub change {
    my $told = shift;
    my $ticket = RT::Ticket->new(RT->SystemUser);
    done($ticket->Load($told->{id}));
    my ($row, $old, $root) = ({ id => $told->{id}, updated => 0 }, $ticket->Subject, RT::User->new(RT->SystemUser));
    done($root->Load('root'));
    (my $title = $told->{title}) =~ s/\n//g;
    done($ticket->__Set(Field => 'Subject', Value => $title));
    record($row, 'Set', $root->id, $told->{at}, Field => 'Subject', OldValue => $old, NewValue => $title);
    my @now = (moment($told->{at}), $root->id, $told->{id});
    sql('update tickets set lastupdated = ?, lastupdatedby = ? where id = ?', @now);
    return;
}
