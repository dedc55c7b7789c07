# Fills a Znuny with a world, told line by line as filler.py does. Lists, files and plain texts are made by its own
# classes; people and tickets go straight into its tables, for their times are of the past and nobody may be mailed.
use strict;
use warnings;
use HTML::Entities ();
use JSON ();
use MIME::Base64 ();
use POSIX ();
use Kernel::System::ObjectManager;
local $Kernel::OM = Kernel::System::ObjectManager->new( 'Kernel::System::Log' => { LogPrefix => 'fill' } );

use constant { ROOT => 1, VALID => 1, INVALID => 2, USERS => 1, UNLOCKED => 1, LOCKED => 2, DAY => 86_400 };
my @TYPES    = ( 'Incident', 'Service request', 'Question', 'Problem', 'Change' );
my %STATE_OF = (
    new      => 'new',               open      => 'open',
    pending  => 'pending reminder',  waiting   => 'pending auto close+',
    solved   => 'closed successful', closed    => 'closed successful',
    rejected => 'closed unsuccessful', cancelled => 'closed unsuccessful',
);
my %PRIORITY_OF = (
    low  => '2 low',  medium => '3 normal',    normal   => '3 normal',
    high => '4 high', urgent => '5 very high', critical => '5 very high',
);
my %KIND_OF  = ( png => 'image/png', txt => 'text/plain', pdf => 'application/pdf', doc => 'application/msword' );
my $DOCUMENT = '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/></head>'
    . '<body style="font-family:Geneva,Helvetica,Arial,sans-serif; font-size: 12px;">%s</body></html>';
my @LISTS = qw(ticket_state ticket_priority ticket_history_type article_sender_type communication_channel);

my ( $World, $Filled, %Known, %Queues, %Types, %Fields, @Agents, @Logins, %Companies );

# --- its runtime

sub the { return $Kernel::OM->Get("Kernel::System::$_[0]") }

sub dbh {
    my $Handle = the('DB')->Connect();
    @{$Handle}{qw(RaiseError PrintError)} = ( 1, 0 );
    return $Handle;
}

sub number {
    my ($SQL) = @_;
    return ( dbh()->selectrow_array( dbh()->prepare_cached($SQL) ) )[0];
}

sub ids {
    my ( $Table, $Named ) = @_;
    $Named //= 'name';
    return map { $_->[0] => $_->[1] } @{ dbh()->selectall_arrayref("select $Named, id from $Table") };
}

# insert TABLE, {COLUMN => VALUE}, END: a row, and the number it returns if END says so. Moments are told in seconds.
sub insert {
    my ( $Table, $Row, $End ) = @_;
    my @Columns = sort keys %{$Row};
    my @Places  = map { /\A(?:create|change)_time\z/ ? q{to_timestamp(?) at time zone 'UTC'} : '?' } @Columns;
    my $SQL     = sprintf 'insert into %s (%s) values (%s) %s', $Table, join( ', ', @Columns ), join( ', ', @Places ),
        $End // '';
    my $Handle = dbh()->prepare_cached($SQL);
    $Handle->execute( map { $Row->{$_} } @Columns );
    my ($Number) = $Handle->{NUM_OF_FIELDS} ? $Handle->fetchrow_array() : ();
    $Handle->finish();
    return $Number;
}

# By whom and when, as most tables have it.
sub stamped {
    my ( $At, $By, $Changed, $Changer ) = @_;
    return (
        create_time => $At,
        create_by   => $By,
        change_time => $Changed // $At,
        change_by   => $Changer // $By,
    );
}

# --- begin: lists and people

sub begin {
    my ($Told) = @_;
    ( $World, $Filled ) = ( $Told->{world}, 0 );
    $Known{$_} = { ids($_) } for @LISTS;
    %Types = ids('ticket_type');
    type_of($_) for @TYPES;
    queues();
    fields();
    people();
    return 1;
}

sub type_of {
    my ($Name) = @_;
    return $Types{$Name} ||= the('Type')->TypeAdd( Name => $Name, ValidID => VALID, UserID => ROOT )
        || die "the type $Name was not made\n";
}

sub queues {
    %Queues = ids('queue');
    for my $Name ( @{ $World->{queues} } ) {
        $Queues{$Name} ||= the('Queue')->QueueAdd(
            Name        => $Name, ValidID     => VALID, GroupID    => USERS, SystemAddressID => 1, SalutationID => 1,
            SignatureID => 1,     FollowUpID  => 1,     UnlockTimeout => 0,  UserID          => ROOT,
        ) || die "the queue $Name was not made\n";
    }
    return;
}

sub fields {
    my %Names = ids('dynamic_field');
    %Fields = ids( 'dynamic_field', 'label' );
    for my $Label ( grep { !$Fields{$_} } sort keys %{ $World->{custom} } ) {
        my @Options = @{ $World->{custom}->{$Label} };
        my $Name    = join( '', map {ucfirst} $Label =~ /[A-Za-z0-9]+/g ) || 'Field';
        $Name .= 'X' while $Names{$Name}++;
        my %Choices = map { $_ => $_ } @Options;
        $Fields{$Label} = the('DynamicField')->DynamicFieldAdd(
            Name       => $Name,    Label      => $Label, FieldType => @Options ? 'Dropdown' : 'Text',
            ObjectType => 'Ticket', FieldOrder => 200 + keys %Fields, Reorder => 0, ValidID => VALID, UserID => ROOT,
            Config => @Options ? { PossibleNone => 1, PossibleValues => \%Choices } : { DefaultValue => '' },
        ) || die "the field $Label was not made\n";
    }
    return;
}

sub people {
    ( @Agents, @Logins, %Companies ) = ();
    for my $Name ( @{ $World->{companies} } ) {
        my %Row = ( customer_id => $Name, name => $Name, valid_id => VALID, stamped( time, ROOT ) );
        insert( 'customer_company', \%Row, 'on conflict do nothing' );
    }
    my %Taken = ( 'root@localhost' => 1, sync => 1 );
    for my $At ( 0 .. $#{ $World->{people} } ) {
        my $Person = $World->{people}->[$At];
        my ($Short) = split /@/, $Person->{email};
        my $Login = $Person->{agent} || $Person->{email} eq '' ? $Short || "user$At" : $Person->{email};
        $Login .= $At if $Taken{ lc $Login };
        $Taken{ lc $Login } = 1;
        $Logins[$At] = $Login;
        $Agents[$At] = agent( $Person, $Login ) if $Person->{agent};
        customer( $Person, $Login, $At ) if !$Person->{agent} && !$Person->{deleted};
    }
    return;
}

sub agent {
    my ( $Person, $Login ) = @_;
    my %Row = (
        login      => $Login,
        pw         => '*',
        first_name => $Person->{name},
        last_name  => $Person->{lastname},
        valid_id   => $Person->{disabled} || $Person->{deleted} ? INVALID : VALID,
        stamped( time, ROOT ),
    );
    my $ID = insert( 'users', \%Row, 'on conflict (login) do update set valid_id = excluded.valid_id returning id' );
    dbh()->do( "delete from $_ where user_id = ?", {}, $ID ) for qw(user_preferences group_user);
    insert( 'user_preferences',
        { user_id => $ID, preferences_key => 'UserEmail', preferences_value => $Person->{email} } );
    insert( 'group_user', { user_id => $ID, group_id => USERS, permission_key => 'rw', stamped( time, ROOT ) } );
    return $ID;
}

sub customer {
    my ( $Person, $Login, $At ) = @_;
    my @All = @{ $World->{companies} };
    my %Row = (
        login       => $Login,
        email       => $Person->{email},
        customer_id => @All ? $All[ $At % @All ] : '',
        first_name  => $Person->{name},
        last_name   => $Person->{lastname},
        valid_id    => $Person->{disabled} ? INVALID : VALID,
        stamped( time, ROOT ),
    );
    $Companies{ lc $Login } = $Row{customer_id};
    insert( 'customer_user', \%Row, 'on conflict (login) do update set valid_id = excluded.valid_id' );
    return;
}

# --- add: tickets

sub add {
    my ($Told) = @_;
    return [ map { ticket($_) } @{ $Told->{tickets} } ];
}

sub ticket {
    my ($Seed)   = @_;
    my $Owner    = agent_at( $Seed->{assignee} ) // ROOT;
    my $Customer = customer_at( $Seed->{requester} );
    my $Changed  = $Seed->{updated} > $Seed->{created} ? $Seed->{updated} : $Seed->{created};
    my $State    = $STATE_OF{ $Seed->{status} };
    my $ID       = number(q{select nextval('ticket_id_seq')});
    my %Ticket   = (
        id                  => $ID,
        tn                  => number_of( $ID, $Seed->{created} ),
        title               => substr( $Seed->{title}, 0, 255 ),
        queue_id            => $Queues{ $Seed->{queue} },
        type_id             => type_of( ucfirst lc $Seed->{kind} ),
        ticket_state_id     => $Known{ticket_state}->{$State},
        ticket_priority_id  => $Known{ticket_priority}->{ $PRIORITY_OF{ $Seed->{priority} } // '3 normal' },
        ticket_lock_id      => $Owner == ROOT || $State =~ /^closed/ ? UNLOCKED : LOCKED,
        user_id             => $Owner,
        responsible_user_id => ROOT,
        customer_user_id    => $Customer,
        customer_id         => $Companies{ lc $Customer } // '',
        until_time          => $State =~ /^pending/ ? $Changed + DAY : 0,
        timeout             => 0,
        stamped( $Seed->{created}, agent_at( $Seed->{creator} ) // ROOT, $Changed, $Owner ),
        map { ( "escalation_$_" => 0 ) } qw(time update_time response_time solution_time),
    );
    insert( 'ticket', \%Ticket );
    told( \%Ticket, $Seed );
    for my $Label ( grep { $Seed->{custom}->{$_} ne '' } sort keys %{ $Seed->{custom} } ) {
        my %Row = ( field_id => $Fields{$Label}, object_id => $ID, value_text => $Seed->{custom}->{$Label} );
        insert( 'dynamic_field_value', \%Row );
    }
    return $ID;
}

sub agent_at {
    my ($Position) = @_;
    return defined $Position && $Position >= 0 ? $Agents[$Position] : undef;
}

# How a ticket refers to its customer: an agent is one by address, and who is gone is nobody.
sub customer_at {
    my ($Position) = @_;
    return '' if $Position < 0;
    my $Person = $World->{people}->[$Position];
    return $Person->{agent} && $Person->{email} ne '' ? $Person->{email} : $Logins[$Position];
}

# How an article names its sender.
sub line_of {
    my ($Position) = @_;
    return 'Former Colleague' if $Position < 0;
    my $Person = $World->{people}->[$Position];
    my $Name   = join ' ', grep { $_ ne '' } $Person->{name}, $Person->{lastname};
    return $Person->{email} eq '' ? $Name : qq{"$Name" <$Person->{email}>};
}

# The number of a ticket of that day, with the digit that proves it.
sub number_of {
    my ( $ID, $At ) = @_;
    my $System = $Kernel::OM->Get('Kernel::Config')->Get('SystemID');
    my $Digits = sprintf '%s%s%05d', POSIX::strftime( '%Y%m%d', gmtime $At ), $System, $ID;
    my ( $Sum, $Times ) = ( 0, 1 );
    for my $Digit ( split //, $Digits ) {
        $Sum += $Digit * $Times;
        $Times = 3 - $Times;
    }
    return $Digits . ( $Sum % 10 ? 10 - $Sum % 10 : 1 );
}

# What was said and done, in its order: the last thing is that the ticket came to be as it is.
sub told {
    my ( $Ticket, $Seed ) = @_;
    my %New = ( %{$Ticket}, user_id => ROOT, ticket_state_id => $Known{ticket_state}->{new} );
    note( \%New, 'NewTicket', "%%$Ticket->{tn}", $Seed->{created}, $Ticket->{create_by} );
    describe( \%New, $Seed );
    comment( \%New, $_ ) for @{ $Seed->{comments} };
    if ( my ($Last) = map { $_->{at} } reverse grep { agent_at( $_->{author} ) } @{ $Seed->{comments} } ) {
        dbh()->do( 'update ticket set timeout = ? where id = ?', {}, $Last, $Ticket->{id} );
    }
    return if $Seed->{status} eq 'new';
    my $Line = "%%new%%$STATE_OF{ $Seed->{status} }%%";
    note( $Ticket, 'StateUpdate', $Line, $Seed->{closed} || $Ticket->{change_time}, $Ticket->{change_by} );
    return;
}

# note TICKET, KIND, LINE, AT, BY, ARTICLE: what happened, with what the ticket was right after.
sub note {
    my ( $Ticket, $Kind, $Line, $At, $By, $Article ) = @_;
    my %Row = (
        name            => $Line,
        history_type_id => $Known{ticket_history_type}->{$Kind},
        ticket_id       => $Ticket->{id},
        article_id      => $Article,
        type_id         => $Ticket->{type_id},
        queue_id        => $Ticket->{queue_id},
        owner_id        => $Ticket->{user_id},
        priority_id     => $Ticket->{ticket_priority_id},
        state_id        => $Ticket->{ticket_state_id},
        stamped( $At, $By ),
    );
    insert( 'ticket_history', \%Row );
    return;
}

# The first article is what the ticket is about: a mail from the customer, or a call that somebody wrote down.
sub describe {
    my ( $Ticket, $Seed ) = @_;
    my $Subject = $Seed->{title} =~ s/[\r\n]+/ /gr;
    my %Said    = (
        channel => $Filled++ % 3 == 2 ? 'Phone' : 'Email',
        sender  => 'customer',
        public  => 1,
        by      => $Ticket->{create_by},
        from    => line_of( $Seed->{requester} ),
        to      => $Seed->{queue},
        subject => substr( $Subject, 0, 3_800 ),
        line    => '%%GenericInterface Create',
        at      => $Seed->{created},
    );
    article( $Ticket, \%Said, $Seed );
    return;
}

sub comment {
    my ( $Ticket, $Seed ) = @_;
    my $Agent = agent_at( $Seed->{author} );
    my %Said  = (
        channel => $Seed->{private} ? 'Internal' : 'Email',
        sender  => $Agent           ? 'agent'    : 'customer',
        public  => $Seed->{private} ? 0          : 1,
        by      => $Agent // ROOT,
        from    => line_of( $Seed->{author} ),
        to      => '',
        subject => $Seed->{private} ? 'Note' : "Re: [Ticket#$Ticket->{tn}]",
        line    => '%%',
        at      => $Seed->{at},
    );
    article( $Ticket, \%Said, $Seed );
    return;
}

sub article {
    my ( $Ticket, $Said, $Seed ) = @_;
    my %Stamped = stamped( $Said->{at}, $Said->{by} );
    my %Row     = (
        ticket_id                => $Ticket->{id},
        article_sender_type_id   => $Known{article_sender_type}->{ $Said->{sender} },
        communication_channel_id => $Known{communication_channel}->{ $Said->{channel} },
        is_visible_for_customer  => $Said->{public},
        %Stamped,
    );
    my $ID   = insert( 'article', \%Row, 'returning id' );
    my $Text = with_files( $ID, $Seed );
    my $Body = $Text eq '' ? '' : the('HTMLUtils')->ToAscii( String => $Text );
    my %Mime = (
        article_id     => $ID,
        a_from         => $Said->{from},
        a_to           => $Said->{to},
        a_subject      => $Said->{subject},
        a_body         => $Body =~ s/\A\s+|\s+\z//gr,
        a_content_type => 'text/plain; charset=utf-8',
        incoming_time  => $Said->{at},
        content_path   => POSIX::strftime( '%Y/%m/%d', gmtime $Said->{at} ),
        ( map { ( "a_$_" => '' ) } qw(reply_to cc bcc message_id in_reply_to references) ),
        %Stamped,
    );
    insert( 'article_data_mime', \%Mime );
    note( $Ticket, 'AddNote', $Said->{line}, $Said->{at}, $Said->{by}, $ID );
    return if $Text eq '';
    # The editor of agents makes a whole document; mails are as they came.
    my $Whole = $Said->{sender} eq 'agent' ? sprintf $DOCUMENT, $Text : $Text;
    keep( $ID, 'file-2', 'text/html; charset="utf-8"', $Whole );
    return;
}

# The text, which refers to those of its files that are shown within it.
sub with_files {
    my ( $Article, $Seed ) = @_;
    my ( $Text, $Number ) = ( $Seed->{body}, 0 );
    for my $File ( @{ $Seed->{files} } ) {
        my ( $Name, $Content ) = ( $File->{name}, MIME::Base64::decode_base64( $File->{content} ) );
        my $Kind = $KIND_OF{ ( $Name =~ /\.(\w+)\z/ )[0] // '' } // 'application/octet-stream';
        my $ID   = 'inline' . $Number++ . ".$Article\@znuny.example";
        if ( !$File->{inline} ) {
            keep( $Article, $Name, $Kind, $Content );
            next;
        }
        keep( $Article, $Name, $Kind, $Content, ContentID => $ID, Disposition => 'inline' );
        my $Shown = HTML::Entities::encode_entities( $Name, q{<>&"'} );
        $Text =~ s/src="\Q$Shown\E"/src="cid:$ID"/g;
    }
    return $Text;
}

sub keep {
    my ( $Article, $Name, $Kind, $Content, @More ) = @_;
    the('Ticket::Article::Backend::MIMEBase::ArticleStorageDB')->ArticleWriteAttachment(
        ArticleID => $Article, Filename => $Name, ContentType => $Kind, Content => $Content, UserID => ROOT, @More,
    ) || die "the file $Name was not kept\n";
    return;
}

# --- change, and mails

sub change {
    my ($Told) = @_;
    my $Title = substr $Told->{title}, 0, 255;
    my $SQL   = q{update ticket set title = ?, change_time = to_timestamp(?) at time zone 'UTC' where id = ? returning *};
    my $Row   = dbh()->selectrow_hashref( $SQL, {}, $Title, $Told->{at}, $Told->{id} ) // die "there is no such ticket\n";
    note( $Row, 'TitleUpdate', substr( "%%$Title", 0, 200 ), $Told->{at}, $Row->{change_by} );
    the('Ticket')->_TicketCacheClear( TicketID => $Told->{id} );
    return 1;
}

# What its daemon does from minute to minute: mails leave the queue.
sub send_mails {
    my $Queue = the('MailQueue');
    return scalar map { $Queue->Send( %{$_} ) } @{ $Queue->List() };
}

my %DOES = ( begin => \&begin, add => \&add, change => \&change, send => \&send_mails );
the('Cache')->Configure( CacheInMemory => 0 );
open my $Out, '>&', \*STDOUT or die "no way out: $!\n";
open STDOUT, '>&', \*STDERR or die "no way out: $!\n";    # what else is printed here is no answer
$Out->autoflush(1);
my $JSON = JSON->new()->utf8();
while ( my $Line = <STDIN> ) {
    my $Done = eval {
        my $Told = $JSON->decode($Line);
        dbh()->begin_work();
        my $Made = $DOES{ $Told->{do} }->($Told);
        dbh()->commit();
        { done => $Made };
    };
    if ( !$Done ) {
        $Done = { error => "$@" };
        dbh()->rollback() if !dbh()->{AutoCommit};
    }
    print {$Out} $JSON->encode($Done), "\n";
}
